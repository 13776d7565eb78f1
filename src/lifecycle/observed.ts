// What the watcher has seen of one resource and everything around it, by live reads. It holds no secret: of passwords it
// knows only whether they are there and whether they are the same.

import type { JobStep } from './actions.ts';

/** Milliseconds since 1970. */
export type Time = number;

/** The MySQL resource. */
export interface ObservedResource {
  readonly uid: string;
  readonly generation: number;
  readonly createdAt: Time;
  /** When somebody asked for its deletion; undefined while it lives. */
  readonly deletedAt: Time | undefined;
  readonly hasFinalizer: boolean;
  readonly managed: boolean;
  readonly paused: boolean;
  readonly image: string;
  readonly deletionPolicy: 'Backup' | 'Retain' | 'Delete';
  readonly restoreFrom: 'latest' | 'none';
  /** Seconds for which an old password goes on working; 0 gives up the promise. */
  readonly passwordOverlap: number;
  /** Asked for by an annotation, now or when it was first seen. */
  readonly skipFinalBackup: boolean;
  readonly rotateNow: boolean;
  readonly resetPassword: boolean;
  /** What earlier rounds wrote into the status. */
  readonly status: ObservedStatus;
}

/** The part of the status that a later round needs. It is never trusted about what is on a volume. */
export interface ObservedStatus {
  /** The server that was last Ready. */
  readonly server: { readonly image: string } | undefined;
  /** The uid of the data volume that the final backup has looked at; empty before. */
  readonly backedUpVolume: string;
  /** It made a backup; else there was nothing to back up. */
  readonly hasFinalBackup: boolean;
  /** The data was given up without a final backup. */
  readonly skipRecorded: boolean;
  /** When the gate was last opened; undefined when it never was. */
  readonly gateOpenedAt: Time | undefined;
  /** Since when its gate is about to be opened; undefined when it is not. */
  readonly openingSince: Time | undefined;
  /** Since when the resource is not Ready; undefined while it is, and before that was written down. */
  readonly notReadySince: Time | undefined;
  /** Since when root's password is being set offline; empty when it is not. */
  readonly resetSince: string;
}

/** A PersistentVolume that belongs, or once belonged, to a claim of the resource. */
export interface ObservedVolume {
  readonly name: string;
  readonly uid: string;
  readonly createdAt: Time;
  readonly phase: 'Available' | 'Bound' | 'Released' | 'Failed' | 'Pending';
  /** Since when it is in this phase. */
  readonly phaseSince: Time;
  readonly policy: 'Retain' | 'Delete' | 'Recycle';
  readonly className: string;
  /** Bytes. */
  readonly capacity: number;
  /** The uid within its claimRef; empty when the volume is reserved for the claim's name. */
  readonly claimUid: string;
  readonly provisioned: boolean;
  /** The uid of the resource that our annotation on the volume names; empty without one. */
  readonly resourceUid: string;
  /** Since when it is Retain; empty without our annotation. */
  readonly retainedAt: string;
  /** We are done with it: its data is backed up, or was given up. */
  readonly finished: boolean;
}

/** A PersistentVolumeClaim of the resource. */
export interface ObservedClaim {
  readonly name: string;
  readonly uid: string;
  readonly createdAt: Time;
  readonly deleting: boolean;
  /** When its deletion was asked for; undefined when it was not. */
  readonly deletingSince: Time | undefined;
  readonly phase: 'Pending' | 'Bound' | 'Lost';
  /** The volume that it is bound to. */
  readonly volumeName: string;
  readonly className: string;
  /** Bytes. */
  readonly requested: number;
  readonly hasDataSource: boolean;
}

/** One of the two volumes of a resource: its claim, and every volume that names the claim. */
export interface ObservedStorage {
  readonly claim: ObservedClaim | undefined;
  readonly volumes: readonly ObservedVolume[];
}

/** A pod that mounts the data claim, whoever made it. */
export interface ObservedPod {
  readonly name: string;
  readonly uid: string;
  readonly createdAt: Time;
  /** A container of it runs, ran, or may run: everything but a pod that waits for a volume. */
  readonly started: boolean;
  readonly terminating: boolean;
  /** By when it should have ended, its grace period included; undefined when it is not being deleted. */
  readonly endsBy: Time | undefined;
  /** Succeeded or Failed: nothing of it runs any more. */
  readonly ended: boolean;
  readonly ready: boolean;
  /** It is Ready again after a crash, and counts as that only from then on; undefined otherwise. */
  readonly settlesAt: Time | undefined;
  /** The node that it was scheduled to; empty before. */
  readonly node: string;
  /** The image of its server; empty for a pod without one. */
  readonly image: string;
  /** Why it does not get on, in its own words or Kubernetes'; empty when it does, as far as can be seen. */
  readonly trouble: string;
  /** The uid of the Job that it belongs to; empty for a server's. */
  readonly jobUid: string;
}

/** A Job of the resource's names. */
export interface ObservedJob {
  readonly uid: string;
  readonly createdAt: Time;
  /** It carries our labels for this resource and this input; any other Job of the name is not this one's. */
  readonly ours: boolean;
  /** Somebody else made it: it never had a label of ours. */
  readonly foreign: boolean;
  readonly deleting: boolean;
  readonly state: 'running' | 'succeeded' | 'failed';
  readonly hasPods: boolean;
  /** Why its pod does not start; empty when it does. */
  readonly trouble: string;
  /** It failed, or does not start, and would be made otherwise now: what git says has changed, or where the volume is. */
  readonly outdated: boolean;
  /** The termination message of its last container. */
  readonly result: JobResult | undefined;
}

/** What a Job tells at its end. */
export interface JobResult {
  readonly outcome: string;
  readonly reason: string;
  readonly backup?: string;
  /** The data volume that a backup Job was made for. */
  readonly volumeUid?: string;
  readonly serverVersion?: string;
  readonly [member: string]: unknown;
}

/** The ConfigMap that lets a server start. */
export interface ObservedGate {
  readonly uid: string;
  readonly expect: 'empty' | 'data';
  /** The uid of the data claim that it was opened for. */
  readonly claimUid: string;
  /** How the server came to be: `with restore-job` or `without restore-job`. */
  readonly created: string;
}

/** Passwords, without their text. */
export interface ObservedPasswords {
  /** The Secret that git names, or the inline password. */
  readonly hasDesired: boolean;
  /** The password of a first start holds what the official image cannot take. */
  readonly isUnusable: boolean;
  /** NAME-active exists. */
  readonly hasActive: boolean;
  /** The claims whose volumes were provably new when NAME-active was made, by uid. */
  readonly newClaims: readonly string[];
  readonly hasNext: boolean;
  /** Nothing is changed: it is only tried whether the password is in force. */
  readonly nextIsCurrent: boolean;
  /** What git names is what is being put in force. */
  readonly desiredIsNext: boolean;
  /** Since when the previous password is kept beside the current one; undefined when none is. */
  readonly previousSince: Time | undefined;
  readonly desiredIsCurrent: boolean;
  /** It was changed at least once since the server was made. */
  readonly wasChanged: boolean;
}

/** The server's StatefulSet. */
export interface ObservedSet {
  readonly uid: string;
  readonly createdAt: Time;
  readonly deleting: boolean;
  /** It is being deleted and goes only after its pods. */
  readonly awaitsPods: boolean;
}

/** Everything that a decision depends on. */
export interface Observed {
  readonly name: string;
  readonly resource: ObservedResource | undefined;
  /** The CRD is being deleted, and with it every resource; undefined where the watcher may not read it. */
  readonly definitionDeleting: boolean | undefined;
  readonly namespaceTerminating: boolean;
  /** The watcher may read and change PersistentVolumes. */
  readonly mayTouchVolumes: boolean;
  /** Since when it may not any more, although it kept these volumes before or could read some; undefined otherwise. */
  readonly volumesLostSince: Time | undefined;
  readonly data: ObservedStorage;
  readonly backup: ObservedStorage;
  readonly pods: readonly ObservedPod[];
  readonly gate: ObservedGate | undefined;
  readonly statefulSet: ObservedSet | undefined;
  readonly jobs: Readonly<Partial<Record<JobStep, ObservedJob>>>;
  readonly passwords: ObservedPasswords;
  /** Other rendered objects that are older than the deletion, by what a delete call needs. */
  readonly children: readonly { readonly kind: string; readonly name: string; readonly uid: string }[];
}
