/** The head of a request, as short as docker's. */
export function requestHead(line: string, authorization: string | undefined, headers: readonly string[] = []): string {
  const credentials = authorization === undefined ? [] : [`Authorization: ${authorization}`];
  return `${[`${line} HTTP/1.1`, 'Host: 127.0.0.1', ...credentials, ...headers].join('\r\n')}\r\n\r\n`;
}
