import { AppError } from '@slipway/base';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseImageConfig } from './image-config.ts';

const DIFF_ID = `sha256:${'a'.repeat(64)}`;
const MINIMAL = { architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids: [DIFF_ID] } };
const FULL = {
  created: '2026-01-01T00:00:00Z',
  author: 'ann',
  ...MINIMAL,
  variant: 'v3',
  'os.version': '1',
  'os.features': ['x'],
  config: {
    User: '1000:1000',
    ExposedPorts: { '80/tcp': {} },
    Env: ['PATH=/bin', 'EMPTY='],
    Entrypoint: ['/entry'],
    Cmd: ['run'],
    Volumes: { '/data': {} },
    WorkingDir: '/app',
    Labels: { a: 'b' },
    StopSignal: 'SIGTERM',
    StopTimeout: -1,
    ArgsEscaped: true,
    Healthcheck: { Test: ['CMD-SHELL', 'true'], Interval: 30_000_000_000, Timeout: 0, StartPeriod: 1, StartInterval: 2, Retries: 3 },
    OnBuild: ['RUN true'],
    Shell: ['/bin/sh', '-c'],
  },
  history: [{ created: '2026-01-01T00:00:00Z', created_by: 'RUN true', author: 'ann', comment: 'c', empty_layer: true }, {}],
};

const read = (value: unknown) => parseImageConfig(new TextEncoder().encode(JSON.stringify(value)));

describe('parseImageConfig()', () => {
  test('reads every field back as it was written', () => {
    expect(read(FULL)).toEqual(FULL);
    expect(read(MINIMAL)).toEqual(MINIMAL);
  });

  test('drops unknown fields and takes null for absent', () => {
    expect(
      read({ ...MINIMAL, container_config: {}, config: { Hostname: 'x', Env: null, Cmd: null, Volumes: null }, history: null }),
    ).toEqual({ ...MINIMAL, config: {} });
    expect(read({ ...MINIMAL, rootfs: { type: 'layers', diff_ids: null } }).rootfs.diff_ids).toEqual([]);
  });

  test('takes a command of one string and sets of null, as old builders wrote them', () => {
    expect(read({ ...MINIMAL, config: { Cmd: 'run', ExposedPorts: { '80/tcp': null } } }).config).toEqual({
      Cmd: ['run'],
      ExposedPorts: { '80/tcp': {} },
    });
  });

  test.each([
    [{}, 'rootfs is missing'],
    [{ ...MINIMAL, rootfs: { type: 'layers+base', diff_ids: [] } }, 'rootfs.type is "layers+base", not "layers"'],
    [{ ...MINIMAL, rootfs: { type: 'layers', diff_ids: ['x'] } }, 'rootfs.diff_ids[0] is "x"'],
    [{ ...MINIMAL, config: { Env: 'A=b' } }, 'config.Env is "A=b", not a list'],
    [{ ...MINIMAL, config: { Labels: { a: 1 } } }, 'config.Labels.a is 1'],
    [{ ...MINIMAL, config: { Healthcheck: { Interval: -5 } } }, 'config.Healthcheck.Interval is -5'],
    [{ ...MINIMAL, history: [{ empty_layer: 'yes' }] }, 'history[0].empty_layer is "yes"'],
  ])('refuses %j', (value, why) => {
    expect(() => read(value)).toThrow(
      expect.objectContaining({ code: 'IMAGE_CONFIG_INVALID', message: expect.stringContaining(`Cannot read image config: ${why}`) }),
    );
  });

  test('throws nothing but AppError, whatever the bytes', () => {
    const near = fc.record(
      { rootfs: fc.constant(MINIMAL.rootfs), config: fc.jsonValue(), history: fc.jsonValue() },
      { requiredKeys: ['rootfs'] },
    );
    const bytes = fc.oneof(
      fc.uint8Array(),
      fc.oneof(fc.jsonValue(), near).map((value) => new TextEncoder().encode(JSON.stringify(value))),
    );
    fc.assert(
      fc.property(bytes, (body) => {
        try {
          expect(parseImageConfig(body).rootfs.type).toBe('layers');
        } catch (error) {
          expect(error).toBeInstanceOf(AppError);
          expect(error).toMatchObject({ code: 'IMAGE_CONFIG_INVALID' });
        }
      }),
    );
  });
});
