/** Compiles only if the value's type is `Expected` itself: no narrower, no wider, and not any. */
export declare function exactly<Expected>(): <Given>(
  value: Same<Given, Expected> extends true ? Given : never,
) => void;

type Same<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
