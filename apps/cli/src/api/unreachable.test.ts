import { describe, expect, it } from 'vitest';
import { cliError } from '../errors.ts';
import type { ServerAddress } from './server-address.ts';
import { toUnreachable } from './unreachable.ts';

const SOCKET: ServerAddress = { kind: 'socket', path: 'data/admin.sock', dataFolder: '/srv/data' };
const HUB: ServerAddress = { kind: 'url', url: new URL('https://hub.example'), credentials: { username: 'ann', password: 'hunter2' } };

function systemError(code: string): Error {
  return Object.assign(new Error(`connect ${code}`), { code });
}

describe('toUnreachable()', () => {
  it.each<[string, ServerAddress, string, string]>([
    ['ENOENT', SOCKET, 'none runs on the data folder "/srv/data"', 'slipway serve'],
    ['ECONNREFUSED', SOCKET, 'none runs on the data folder "/srv/data"', '--server'],
    ['EACCES', SOCKET, 'the data folder "/srv/data" belongs to someone else', 'as the owner'],
    ['EINVAL', SOCKET, '"/srv/data" is too long for a socket', '--data .'],
    ['ECONNRESET', SOCKET, 'the data folder "/srv/data": connect ECONNRESET', '--data'],
    ['ECONNREFUSED', HUB, '"https://hub.example": nothing listens there', 'the address'],
    ['ENOTFOUND', HUB, 'the name "hub.example" is not known', 'DNS'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', HUB, 'Cannot trust "https://hub.example"', 'NODE_EXTRA_CA_CERTS'],
    ['EPROTO', HUB, 'connect EPROTO', 'http:// or https://'],
    ['ETIMEDOUT', HUB, 'connect ETIMEDOUT', 'whether the server runs'],
  ])('explains %s', (code, server, message, hint) => {
    expect(toUnreachable(systemError(code), server)).toMatchObject({
      code: 'SERVER_UNREACHABLE',
      kind: 'unavailable',
      message: expect.stringContaining(message),
      hint: expect.stringContaining(hint),
    });
  });

  it('passes on what is explained already', () => {
    const error = cliError('SERVER_REPLY_INVALID', 'Cannot read it');
    expect(toUnreachable(error, HUB)).toBe(error);
  });
});
