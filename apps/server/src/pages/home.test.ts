import fc from 'fast-check';
import { expect, test } from 'vitest';
import { renderHomePage } from './home.ts';

test('renderHomePage() shows commands for the host the reader sees', () => {
  const page = renderHomePage({ origin: 'https://hub.example:8443', version: '1.2.3' });
  expect(page).toContain('docker login hub.example:8443<');
  expect(page).toContain('docker push hub.example:8443/YOUR-NAME/app');
  expect(page).toContain('Slipway 1.2.3');
  expect(page).not.toContain('plain HTTP');
});

test('renderHomePage() speaks of plain HTTP where docker would refuse it', () => {
  const warns = (origin: string): boolean => renderHomePage({ origin, version: '1' }).includes('insecure-registries');
  expect(warns('http://10.1.2.3:5000')).toBe(true);
  expect(warns('http://localhost:5000')).toBe(false);
  expect(warns('http://127.0.0.1:5000')).toBe(false);
  expect(warns('http://[::1]:5000')).toBe(false);
  expect(warns('https://hub.example')).toBe(false);
});

test('renderHomePage() escapes what requests and versions say', () => {
  const page = renderHomePage({ origin: `http://a&b"c'd`, version: '<script>alert(1)</script>' });
  expect(page).not.toContain('<script');
  expect(page).toContain('a&amp;b&quot;c');
  fc.assert(
    fc.property(fc.string(), (version) => {
      const shown = /<footer>Slipway ([\s\S]*?) · <a /.exec(renderHomePage({ origin: 'http://a', version }))?.[1];
      expect(shown).not.toMatch(/[<>"]|&(?!(?:amp|lt|gt|quot);)/);
    }),
  );
});
