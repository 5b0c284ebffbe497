/**
 * Why the database cannot be used, in one sentence for the person who starts the server. `code` is stable.
 */
export type StoreErrorCode =
  | 'store/folder-locked'
  | 'store/no-unprivileged-user'
  | 'store/binaries-missing'
  | 'store/did-not-start'
  | 'store/did-not-stop'
  | 'store/newer-than-build'
  | 'store/migration-edited'
  | 'store/migration-failed'
  | 'store/other-mode';

export class StoreError extends Error {
  override readonly name = 'StoreError';
  readonly code: StoreErrorCode;

  constructor(code: StoreErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
