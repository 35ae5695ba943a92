import { exitCodes } from './exit';
import { createProgram, isTold } from './program';

createProgram((code) => {
  process.exitCode = code;
})
  .parseAsync()
  .catch((error: unknown) => {
    if (isTold(error)) return;
    // Whatever else gets here is our own mistake.
    console.error(error);
    process.exitCode = exitCodes.runFailed;
  });
