/** What happens to one exchange between a client and the registry behind the proxy. */
export type FaultAction =
  /** The connection ends after so many bytes of the answer's body; -1: before its head. */
  | { readonly kind: 'cut-answer'; readonly afterBytes: number }
  /** The connection ends after so many bytes of the request's body reached the registry. */
  | { readonly kind: 'cut-request'; readonly afterBytes: number }
  /** The answer pauses after so many bytes of its body. */
  | { readonly kind: 'stall'; readonly afterBytes: number; readonly forMs: number }
  /** The request pauses after so many bytes of its body reached the registry. */
  | { readonly kind: 'stall-request'; readonly afterBytes: number; readonly forMs: number }
  /** The registry never hears of the request. */
  | { readonly kind: 'refuse'; readonly status: number; readonly retryAfterSeconds?: number }
  /** The answer says that it is as short as it is. */
  | { readonly kind: 'truncate'; readonly toBytes: number }
  /** One bit of the answer's body is another. */
  | { readonly kind: 'corrupt'; readonly atByte: number };

export interface FaultRequest {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  /** The header of that name. */
  readonly range: string | undefined;
  /** Of the body, as far as the client says so. */
  readonly sizeBytes: number | undefined;
}

/** Asked once for each request, in the order of arrival; undefined leaves the exchange alone. */
export type FaultPlan = (request: FaultRequest) => FaultAction | undefined;

export interface FaultRule {
  readonly method?: string;
  readonly path: RegExp;
  readonly action: FaultAction;
  /** How many requests are hit; 1 when absent. */
  readonly times?: number;
}

/** Each rule hits the first requests that it fits. */
export function planOf(...rules: readonly FaultRule[]): FaultPlan {
  const left = rules.map(({ times = 1 }) => times);
  return ({ method, path }) => {
    const index = rules.findIndex((rule, at) => (left[at] ?? 0) > 0 && (rule.method ?? method) === method && rule.path.test(path));
    if (index < 0) return undefined;
    left[index] = (left[index] ?? 0) - 1;
    return rules[index]?.action;
  };
}
