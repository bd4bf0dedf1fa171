import type { IdlePartition, Message } from '../entities.ts'

/** Gives the messages that follow from a loaded partition. */
export type FollowUps = (loaded: IdlePartition) => readonly Message[]

/**
 * Pure: messages that go on record in the transaction in which a partition becomes loaded, so that neither is there without the
 * other. Nothing follows from a load yet: builds of models and notifications enter here.
 */
export const followUps: FollowUps = () => []
