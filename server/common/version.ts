/** The version in package.json, which a test compares with it. Kept in each `run.json`. */
export const version = '0.1.0';
