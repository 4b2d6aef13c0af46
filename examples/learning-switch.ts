/**
 * A learning Ethernet switch. It remembers behind which port each source address was seen and sends a frame only there;
 * a frame to an address it has not seen, or to a group, goes to all other ports.
 *
 * Frames come in batches and leave in batches: each is only sorted into the list of the port that it goes out of, and is
 * never copied. Offloaded super-frames pass through whole, because both ends understand the virtio header before them.
 */
import type { FrameBatch, Tap } from 'etherloom';

interface Port {
  readonly tap: Tap;
  /** Which frames of the present batch leave by this port. */
  readonly order: Uint32Array;
  count: number;
}

/** The lowest bit of the first octet marks a group address: multicast or broadcast. */
const isGroup = (mac: number): boolean => Math.floor(mac / 0x100_0000_0000) % 2 === 1;

export class LearningSwitch {
  /** MAC address, as a 48-bit number, to the port behind which it lives. */
  readonly table = new Map<number, Port>();
  readonly #ports: readonly Port[];

  constructor(taps: readonly Tap[]) {
    this.#ports = taps.map((tap) => ({ tap, order: new Uint32Array(64), count: 0 }));
  }

  /** Forwards until `signal` fires or every TAP is closed. */
  async run(signal?: AbortSignal): Promise<void> {
    await Promise.all(this.#ports.map((port) => this.#serve(port, signal)));
  }

  async #serve(port: Port, signal?: AbortSignal): Promise<void> {
    for await (const batch of port.tap.frames(signal ? { signal } : {})) {
      for (let i = 0; i < batch.length; i++) this.#forward(port, batch, i);
      for (const to of this.#ports) {
        if (to.count > 0) to.tap.write(batch, to.order, to.count);
        to.count = 0;
      }
    }
  }

  #forward(from: Port, batch: FrameBatch, i: number): void {
    const source = batch.sourceKey(i);
    if (this.table.get(source) !== from && !isGroup(source)) this.table.set(source, from);

    const to = this.table.get(batch.destinationKey(i));
    for (const port of to ? [to] : this.#ports) {
      if (port !== from) port.order[port.count++] = i;
    }
  }
}
