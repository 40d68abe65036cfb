import { cliError } from '../errors.ts';

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** Reads `https://host:port` or `host:port`, which is https but for this machine. Throws USAGE; never repeats a password that stands in it. */
export function parseServerUrl(text: string, { insecure }: { readonly insecure: boolean }): URL {
  const url = parseUrl(text);
  if (url === undefined || !['http:', 'https:'].includes(url.protocol) || url.hostname === '') {
    throw cliError('USAGE', 'Cannot use --server: it is no address of a server', {
      hint: 'Write it as https://hub.example or localhost:5000.',
    });
  }
  if (url.username !== '' || url.password !== '') {
    throw cliError('USAGE', `Cannot use --server with a login in the address of "${url.host}"`, {
      hint: 'Use --username, and SLIPWAY_PASSWORD or --password-stdin.',
    });
  }
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '') {
    throw cliError('USAGE', `Cannot use --server: "${url.host}" has something behind it, and a server has no path`);
  }
  if (url.protocol === 'http:' && !insecure && !LOOPBACK.test(url.hostname)) {
    throw cliError('USAGE', `Cannot use plain HTTP to "${url.host}": others could read the password`, {
      hint: 'Use https://, or --insecure if the network is yours alone.',
    });
  }
  return url;
}

function parseUrl(text: string): URL | undefined {
  if (text.includes('://')) return URL.parse(text) ?? undefined;
  const guess = URL.parse(`http://${text}`);
  if (guess === null) return undefined;
  return LOOPBACK.test(guess.hostname) ? guess : (URL.parse(`https://${text}`) ?? undefined);
}
