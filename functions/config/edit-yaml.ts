import { isMap, isSeq, parseDocument, Scalar, YAMLMap } from 'yaml'
import { DaybreakError } from '../errors.ts'

/** Keys and positions from the top of a document to a value. */
type Place = readonly (string | number)[]
type Value = string | number | boolean | readonly string[]

/** A YAML text that is changed in places: comments, order and everything else stay as they are. */
interface YamlEditor {
  /** Adds a map to the end of a list; an empty `[]` becomes a list of lines. */
  append(list: Place, entry: Readonly<Record<string, Value>>): void
  set(place: Place, value: Value): void
  remove(place: Place): void
  text(): string
}

/** Opens a text that is valid YAML. Texts that only quotes keep from being numbers are quoted. */
export function editYaml(text: string): YamlEditor {
  const document = parseDocument(text)
  const node = (value: Value) => {
    if (typeof value !== 'string' || !/^[\d.+-]/.test(value)) return document.createNode(value)
    const scalar = new Scalar(value)
    scalar.type = Scalar.QUOTE_SINGLE
    return scalar
  }
  return {
    append(place, entry) {
      const list = document.getIn(place)
      if (!isSeq(list)) throw new DaybreakError('CONFIG_INVALID', `\`${place.join('.')}\` is no list`)
      if (list.items.length === 0) list.flow = false
      const map = new YAMLMap<unknown, unknown>()
      for (const [key, value] of Object.entries(entry)) map.set(key, node(value))
      list.add(map)
    },
    set(place, value) {
      const parent = document.getIn(place.slice(0, -1))
      const key = place.at(-1)
      if (isMap(parent) || isSeq(parent)) parent.set(key, node(value))
    },
    remove: (place) => void document.deleteIn(place),
    text: () => document.toString({ lineWidth: 0, flowCollectionPadding: true }),
  }
}
