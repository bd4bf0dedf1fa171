import type { IdlePartition, Message } from '../entities.ts'

/** Gives the messages that follow from a loaded partition. */
export type FollowUps = (loaded: IdlePartition) => readonly Message[]

/**
 * Pure: messages that go on record in the transaction in which a partition becomes loaded, so that neither is there without the
 * other. Nothing follows where a project has no models; else the builds of the window do, see `buildAfter()` of work/build.ts.
 */
export const followUps: FollowUps = () => []
