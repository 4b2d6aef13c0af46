/**
 * Something read from the kernel. What the kernel said hangs on the prototype: there for those who ask, and out of sight
 * in a log or in JSON.
 */
export class Snapshot<A> {
  readonly #attributes: A;

  constructor(attributes: A) {
    this.#attributes = attributes;
  }

  get attributes(): A {
    return this.#attributes;
  }
}

export type Mutable<T> = { -readonly [K in keyof T]: T[K] };
