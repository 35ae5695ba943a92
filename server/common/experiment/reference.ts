/** Whether a value of a block's layer stands for a parameter of the block: "$filters". */
export function isReference(value: unknown): value is string {
  return typeof value === 'string' && value.startsWith('$');
}

/** The name of the parameter that a reference stands for. */
export function referredName(reference: string): string {
  return reference.slice(1);
}
