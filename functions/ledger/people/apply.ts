import type { PeopleChange } from '../../pipeline/people/changes.ts'
import type { Change } from '../../pipeline/ports.ts'
import type { Writer } from '../writer.ts'
import { addIncidentEvent, placeIncident } from './incidents.ts'
import { addNotification, settleNotification } from './outbox.ts'
import { answerRequest } from './requests.ts'
import { deleteSetting, putSetting } from './settings.ts'
import { deleteOverride, putOverride } from './shifts.ts'
import { deleteSignOff, putSignOff } from './sign-offs.ts'
import { putToken } from './tokens.ts'

/** Applies a change that only people make, or that is made for them. */
export function applyPeopleChange(
  writer: Writer,
  change: Exclude<PeopleChange, Change>,
  newId: () => string,
): Promise<void> {
  switch (change.change) {
    case 'setting':
      return putSetting(writer, change.setting)
    case 'setting_deleted':
      return deleteSetting(writer, change)
    case 'sign_off':
      return putSignOff(writer, change.signOff)
    case 'sign_off_deleted':
      return deleteSignOff(writer, change.signOff)
    case 'override':
      return putOverride(writer, change.override)
    case 'override_deleted':
      return deleteOverride(writer, change.id)
    case 'token':
      return putToken(writer, change.token)
    case 'request_answered':
      return answerRequest(writer, change)
    case 'incident_event':
      return addIncidentEvent(writer, change.event, newId())
    case 'incident_placed':
      return placeIncident(writer, change)
    case 'notification':
      return addNotification(writer, change.notification)
    case 'notification_settled':
      return settleNotification(writer, change)
  }
}
