/** Folder under the root where objects are written before they get their name. */
export const TEMPORARY = '.temporary'
