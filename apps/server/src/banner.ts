import { join } from 'node:path';
import type { ServerConfig } from './config/config.ts';

export interface Banner {
  readonly config: ServerConfig;
  /** The port that was taken. */
  readonly port: number;
  /** The password that was made up at this very first start. */
  readonly firstPassword: string | undefined;
  readonly version: string;
}

/** Says in plain words where the server listens, how to log in and where data lie. */
export function printBanner({ config, port, firstPassword, version }: Banner): void {
  const { host } = config.listen;
  const shown = host.includes(':') ? `[${host}]` : host;
  const scheme = config.tls === undefined ? 'http' : 'https';
  const local = ['127.0.0.1', '::1', '::', '0.0.0.0'].includes(host) ? `localhost:${port}` : `${shown}:${port}`;
  const url = config.publicUrl ?? `${scheme}://${local}`;
  const named = config.publicUrl === undefined ? local : new URL(config.publicUrl).host;
  const kept = join(config.data, 'admin-password');
  const password =
    firstPassword === undefined
      ? `its password was set at the first start (made up: ${kept})`
      : `password ${firstPassword} (kept in ${kept})`;
  const lines = [
    `Slipway ${version} listens on ${scheme}://${shown}:${port}`,
    '',
    `  Log in   docker login ${named}    user admin, ${password}`,
    `  Push     docker tag app ${named}/admin/app && docker push ${named}/admin/app`,
    `  Page     ${url}/`,
    `  Data     ${config.data}`,
    '',
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}
