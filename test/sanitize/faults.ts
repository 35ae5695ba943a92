/** What can be done wrong, and what is said of it then. */
export const faults = {
  none: undefined,
  readBeforeStart: /AddressSanitizer: use-after-poison .*\n(.*\n)*?READ of size/,
  readPastSlack: /AddressSanitizer: use-after-poison .*\n(.*\n)*?READ of size/,
  writePastSlack: /AddressSanitizer: use-after-poison .*\n(.*\n)*?WRITE of size/,
  useAfterFree: /AddressSanitizer: use-after-poison .*\n(.*\n)*?WRITE of size/,
  overflow: /runtime error: signed integer overflow/,
} as const satisfies Readonly<Record<string, RegExp | undefined>>;

export type Fault = keyof typeof faults;
