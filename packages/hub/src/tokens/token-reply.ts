/** An HTTP answer of the token service. */
export interface TokenReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: object;
}

const HEADERS = { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' };

export function tokenReply(body: object): TokenReply {
  return { status: 200, headers: HEADERS, body };
}

export interface TokenRefusal {
  readonly status: number;
  /** RFC 6749 §5.2. */
  readonly error: string;
  /** The registry's error code, as Docker reads it. */
  readonly code: string;
  readonly message: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** One body for both kinds of clients: OAuth's `error`, and the registry's `errors`, of which Docker prints code and message. */
export function refuseToken({ status, error, code, message, headers }: TokenRefusal): TokenReply {
  return {
    status,
    headers: { ...HEADERS, ...headers },
    body: { error, error_description: message, errors: [{ code, message, detail: null }] },
  };
}
