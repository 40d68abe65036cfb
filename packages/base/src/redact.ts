const URL_USER_INFO = /\b([a-z][a-z0-9+.-]*:\/\/)[^/\s@]+@/gi;
const AUTHORIZATION = /\b(basic|bearer)\s+[A-Za-z0-9+/=._~-]{6,}/gi;
const SECRET_PARAMETER = /([?&](?:password|token|refresh_token|access_token|secret)=)[^&\s"]*/gi;

/** Returns the text without URL user info, `Authorization` values and secret query parameters. */
export function redact(text: string): string {
  return text.replace(URL_USER_INFO, '$1').replace(AUTHORIZATION, '$1 [redacted]').replace(SECRET_PARAMETER, '$1[redacted]');
}
