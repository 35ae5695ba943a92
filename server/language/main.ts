import { createConnection, ProposedFeatures } from 'vscode-languageserver/node';
import { startLanguageServer } from './index';

// The client says with --node-ipc or --stdio how it talks to us.
startLanguageServer(createConnection(ProposedFeatures.all));
