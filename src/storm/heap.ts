/** What is next: a heap by (instant, order of birth). Ties go to who was there first, whatever the engine. It keeps no clock. */

/** Children of one node: a flat heap reads fewer lines of memory than a deep one. */
const FAN = 4;

const FIRST_ROOM = 64;

/** A heap of items by instant. Instants and orders lie in typed arrays: comparing must not follow pointers. */
export class Heap<T> {
  #atUs = new Float64Array(FIRST_ROOM);
  #orders = new Float64Array(FIRST_ROOM);
  readonly #items: T[] = [];
  #births = 0;

  get size(): number {
    return this.#items.length;
  }

  /** The instant of the first; Infinity in an empty heap. */
  get firstUs(): number {
    return this.#items.length === 0 ? Number.POSITIVE_INFINITY : (this.#atUs[0] as number);
  }

  push(atUs: number, item: T): void {
    const items = this.#items;
    this.#births += 1;
    let at = items.length;
    items.push(item);
    if (at === this.#atUs.length) this.#grow();
    const instants = this.#atUs;
    while (at > 0) {
      const above = ((at - 1) / FAN) | 0;
      // Whoever is there already was born before: only an earlier instant passes it.
      if (atUs >= (instants[above] as number)) break;
      this.#move(above, at);
      at = above;
    }
    instants[at] = atUs;
    this.#orders[at] = this.#births;
    items[at] = item;
  }

  /** Takes the first out; undefined in an empty heap. */
  pop(): T | undefined {
    const items = this.#items;
    const first = items[0];
    const last = items.pop();
    const size = items.length;
    if (first === undefined || last === undefined || size === 0) return first;
    const atUs = this.#atUs[size] as number;
    const order = this.#orders[size] as number;
    let at = 0;
    for (let child = 1; child < size; child = FAN * at + 1) {
      const least = this.#leastOf(child, Math.min(child + FAN, size));
      if (!this.#isBefore(least, atUs, order)) break;
      this.#move(least, at);
      at = least;
    }
    this.#atUs[at] = atUs;
    this.#orders[at] = order;
    items[at] = last;
    return first;
  }

  #leastOf(from: number, until: number): number {
    let least = from;
    for (let at = from + 1; at < until; at += 1)
      if (this.#isBefore(at, this.#atUs[least] as number, this.#orders[least] as number)) least = at;
    return least;
  }

  #isBefore(place: number, atUs: number, order: number): boolean {
    const placeUs = this.#atUs[place] as number;
    return placeUs < atUs || (placeUs === atUs && (this.#orders[place] as number) < order);
  }

  #move(from: number, to: number): void {
    this.#atUs[to] = this.#atUs[from] as number;
    this.#orders[to] = this.#orders[from] as number;
    this.#items[to] = this.#items[from] as T;
  }

  #grow(): void {
    const room = this.#atUs.length * 2;
    const [instants, orders] = [new Float64Array(room), new Float64Array(room)];
    instants.set(this.#atUs);
    orders.set(this.#orders);
    this.#atUs = instants;
    this.#orders = orders;
  }
}
