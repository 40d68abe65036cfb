export interface RequestTarget {
  readonly port: number;
  readonly authorization: string | undefined;
}

/** The head of a request, as short as docker's. */
export function requestHead(line: string, { port, authorization }: RequestTarget, headers: readonly string[] = []): string {
  const credentials = authorization === undefined ? [] : [`Authorization: ${authorization}`];
  return `${[`${line} HTTP/1.1`, `Host: 127.0.0.1:${port}`, ...credentials, ...headers].join('\r\n')}\r\n\r\n`;
}
