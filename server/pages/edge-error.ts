/**
 * What can be wrong with a request itself, before anything of the product is asked. Words under the same code in
 * `templates/pages/words.json`.
 */
export const EDGE_STATUS = {
  'page/not-found': 404,
  /** A form of another site. */
  'page/foreign': 403,
  'page/too-many-requests': 429,
  'channel/malformed': 400,
  'channel/too-long': 413,
} as const;

export type EdgeCode = keyof typeof EDGE_STATUS;

export class EdgeError extends Error {
  override readonly name = 'EdgeError';
  readonly code: EdgeCode;

  constructor(code: EdgeCode, options?: ErrorOptions) {
    super(code, options);
    this.code = code;
  }
}
