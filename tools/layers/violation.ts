/** Something a check found: where, and what is wrong there. */
export interface Violation {
  /** Relative to the root, with a line where there is one. */
  readonly where: string;
  readonly message: string;
}

export function formatViolation(violation: Violation): string {
  return `${violation.where}: ${violation.message}`;
}
