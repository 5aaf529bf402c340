/** Injection token of the LimitProfile of the configured CA. */
export const LIMIT_PROFILE = Symbol('LIMIT_PROFILE');
