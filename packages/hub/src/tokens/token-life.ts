/** How long an access token lives. Rights are read anew at each request, so this bounds no right; it spares clients asking again in mid-push. */
export const TOKEN_LIFE_SECONDS = 900;

/** No token ever lived longer: how long a signing key has to be kept. */
export const MAX_TOKEN_LIFE_SECONDS = 900;

/** Clocks of servers that share keys may differ by this much. */
export const CLOCK_SKEW_SECONDS = 60;
