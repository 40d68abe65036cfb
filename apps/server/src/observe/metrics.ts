import type { GcReport, StoreStatistics } from '@slipway/registry';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

export interface RequestSample {
  readonly route: string;
  readonly method: string;
  readonly status: number;
  readonly durationSeconds: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
}

export interface ServerMetrics {
  requestStarted(): void;
  requestFinished(sample: RequestSample): void;
  garbageCollected(report: GcReport): void;
  /** The exposition text (Prometheus 0.0.4) and its content type. */
  expose(): Promise<{ readonly contentType: string; readonly body: string }>;
}

export interface ServerMetricsOptions {
  readonly statistics: () => Promise<StoreStatistics>;
  readonly pendingUploads: () => Promise<number>;
}

const LATENCY_BUCKETS_SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60, 600];

export function createServerMetrics(options: ServerMetricsOptions): ServerMetrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const requests = new Histogram({
    name: 'slipway_http_request_duration_seconds',
    help: 'Requests by route, method and status class, with the time they took.',
    labelNames: ['route', 'method', 'status'],
    buckets: LATENCY_BUCKETS_SECONDS,
    registers,
  });
  const inFlight = new Gauge({ name: 'slipway_http_requests_in_flight', help: 'Requests under way.', registers });
  const received = new Counter({
    name: 'slipway_received_bytes_total',
    help: 'Bytes received, by route.',
    labelNames: ['route'],
    registers,
  });
  const sent = new Counter({ name: 'slipway_sent_bytes_total', help: 'Bytes sent, by route.', labelNames: ['route'], registers });
  const gcRuns = new Counter({ name: 'slipway_gc_runs_total', help: 'Garbage collections finished.', registers });
  const gcBytes = new Counter({ name: 'slipway_gc_freed_bytes_total', help: 'Bytes freed by garbage collection.', registers });
  const gcBlobs = new Counter({ name: 'slipway_gc_freed_blobs_total', help: 'Blobs deleted by garbage collection.', registers });
  const gcSeconds = new Gauge({ name: 'slipway_gc_last_duration_seconds', help: 'How long the last garbage collection took.', registers });
  const store = new Gauge({ name: 'slipway_store', help: 'What is stored, by kind.', labelNames: ['kind'], registers });
  const storeBytes = new Gauge({ name: 'slipway_store_bytes', help: 'Bytes of blobs, each counted once.', registers });
  const uploads = new Gauge({ name: 'slipway_uploads_open', help: 'Upload sessions begun and not ended.', registers });

  async function readStore(): Promise<void> {
    const statistics = await options.statistics();
    for (const kind of ['repositories', 'manifests', 'tags', 'blobs'] as const) store.set({ kind }, statistics[kind]);
    storeBytes.set(statistics.blobBytes);
    uploads.set(await options.pendingUploads());
  }

  return {
    requestStarted: () => inFlight.inc(),
    requestFinished(sample) {
      inFlight.dec();
      const { route, method } = sample;
      requests.observe({ route, method, status: `${Math.trunc(sample.status / 100)}xx` }, sample.durationSeconds);
      if (sample.bytesIn > 0) received.inc({ route }, sample.bytesIn);
      if (sample.bytesOut > 0) sent.inc({ route }, sample.bytesOut);
    },
    garbageCollected(report) {
      gcRuns.inc();
      gcBytes.inc(report.bytes);
      gcBlobs.inc(report.blobs);
      gcSeconds.set(report.durationMs / 1000);
    },
    async expose() {
      await readStore();
      return { contentType: registry.contentType, body: await registry.metrics() };
    },
  };
}
