import { afterEach, expect, test, vi } from 'vitest';
import { printBanner } from './banner.ts';
import { loadConfig } from './config/config.ts';

afterEach(() => vi.restoreAllMocks());

async function printed(flags: Readonly<Record<string, string>>, firstPassword?: string): Promise<string> {
  const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  const config = await loadConfig({ flags: { data: '/srv/data', ...flags }, environment: {}, checkout: '/' });
  printBanner({ config, port: config.listen.port, firstPassword, version: '1.2.3' });
  const text = write.mock.calls.map(([chunk]) => String(chunk)).join('');
  write.mockRestore();
  return text;
}

test('printBanner() says where, who, how and what', async () => {
  expect(await printed({}, 'made-up')).toBe(
    [
      'Slipway 1.2.3 listens on http://127.0.0.1:5000',
      '',
      '  Log in   docker login localhost:5000    user admin, password made-up (kept in /srv/data/admin-password)',
      '  Push     docker tag app localhost:5000/admin/app && docker push localhost:5000/admin/app',
      '  Page     http://localhost:5000/',
      '  Data     /srv/data',
      '',
      '',
    ].join('\n'),
  );
});

test('printBanner() does not repeat a password', async () => {
  expect(await printed({})).toContain('user admin, its password was set at the first start (made up: /srv/data/admin-password)');
});

test.each([
  [':5000', 'http://[::]:5000', 'localhost:5000'],
  ['0.0.0.0:80', 'http://0.0.0.0:80', 'localhost:80'],
  ['[::1]:5000', 'http://[::1]:5000', 'localhost:5000'],
  ['[2001:db8::1]:5000', 'http://[2001:db8::1]:5000', '[2001:db8::1]:5000'],
  ['10.1.2.3:5000', 'http://10.1.2.3:5000', '10.1.2.3:5000'],
])('printBanner() shows addresses that can be used for %s', async (listen, url, name) => {
  const text = await printed({ listen });
  expect(text).toContain(`listens on ${url}\n`);
  expect(text).toContain(`docker login ${name} `);
});

test('printBanner() says https under TLS', async () => {
  expect(await printed({ 'tls-cert': '/c', 'tls-key': '/k' })).toMatch(/listens on https:.*\n[\s\S]*Page {5}https:\/\/localhost:5000\//);
});

test('printBanner() shows the public URL where clients have to use it', async () => {
  const text = await printed({ 'public-url': 'https://hub.example' });
  expect(text).toContain('listens on http://127.0.0.1:5000\n');
  expect(text).toContain('docker login hub.example ');
  expect(text).toContain('Page     https://hub.example/');
});
