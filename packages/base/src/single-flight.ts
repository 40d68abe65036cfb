/** Merges equal work: calls with the same key share the one promise that is under way. Nothing is kept once it settled. */
export class SingleFlight<T> {
  readonly #flights = new Map<string, Promise<T>>();

  async run(key: string, work: () => Promise<T>): Promise<T> {
    const flying = this.#flights.get(key);
    if (flying !== undefined) return await flying;
    const flight = work().finally(() => this.#flights.delete(key));
    this.#flights.set(key, flight);
    return await flight;
  }
}
