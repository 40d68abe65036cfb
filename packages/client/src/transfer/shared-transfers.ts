import { SingleFlight } from '@slipway/base';
import { untilAborted } from '../http/until-aborted.ts';

/**
 * Merges transfers of the same content that run at the same time, over as many calls as share one instance. Use one for each sink.
 * Who joins does not fail because who began gave up: it then does the work itself.
 */
export class SharedTransfers {
  readonly #flights = new SingleFlight<void>();

  async run(key: string, work: () => Promise<void>, signal?: AbortSignal): Promise<void> {
    for (;;) {
      let isMine = false;
      const flight = this.#flights.run(key, async () => {
        isMine = true;
        await work();
      });
      try {
        await untilAborted(flight, isMine ? undefined : signal);
        return;
      } catch (error) {
        if (isMine) throw error;
        signal?.throwIfAborted();
      }
    }
  }
}
