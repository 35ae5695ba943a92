import { render } from 'preact';
import 'uplot/dist/uPlot.min.css';
import type { RunPageEvents, RunPageRequests } from '#common/protocol/panel';
import { openHostLine } from '../shared/host';
import { registerControls } from '../shared/ui';
import '../shared/page.css';
import { App } from './app';
import './run.css';
import { createRunModel } from './runModel';

registerControls();
const host = openHostLine<RunPageRequests, RunPageEvents>();
const model = createRunModel(host);
const root = document.getElementById('root');
if (root !== null) render(<App model={model} />, root);
void model.start();
