import { plain } from '../rtnl';

/**
 * Something read from the kernel. What the kernel said hangs on the prototype: there for those who ask, and out of sight
 * in a log or in JSON.
 */
export class Snapshot<A extends object> {
  readonly #attributes: A;

  constructor(attributes: A) {
    this.#attributes = attributes;
  }

  get attributes(): A {
    return plain(this.#attributes);
  }
}

export type Mutable<T> = { -readonly [K in keyof T]: T[K] };
