import { CodedError } from '#common/protocol/rpc';

/** Exit codes, a contract with the programs that call us. */
export const exitCodes = { good: 0, wrongInput: 1, runFailed: 3, interrupted: 130 } as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** What was asked for cannot be done; the message is all that is said. */
export class WrongInput extends CodedError {
  constructor(code: string, message: string) {
    super(code, message);
    this.name = 'WrongInput';
  }
}

/**
 * Whether an error is one that its user can do something about: its code is like `run/not-found`, its
 * message says all. Anything else is a mistake of ours.
 */
export function isForUser(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && /^[a-z]+\//.test(String(error.code));
}
