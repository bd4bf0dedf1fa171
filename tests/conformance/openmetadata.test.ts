import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { pushToOpenMetadata } from '../../functions/compose/push-openmetadata.ts'
import { shippedCatalog, shippedProject } from '../support/catalog.ts'
import { findJudge, unless } from '../support/conformance/judge.ts'
import { BOT_TOKEN, startOpenMetadata } from '../support/openmetadata.ts'

// The models of requests need pydantic alone; the package around them wants the drivers of every database. So its first module is
// left out, and two modules that its base class looks names up in are empty.
const READ = `import json, os, sys, types, importlib.util
place = os.path.join(os.path.dirname(importlib.util.find_spec("pydantic").origin), "..", "metadata")
package = types.ModuleType("metadata")
package.__path__ = [place]
sys.modules["metadata"] = package
for name, member in {"metadata.profiler.api.models": "ProfilerResponse", "metadata.utils.entity_link": "CustomColumnName"}.items():
    module = types.ModuleType(name)
    setattr(module, member, type(member, (), {}))
    sys.modules[name] = module

from metadata.generated.schema.api.classification.createClassification import CreateClassificationRequest
from metadata.generated.schema.api.classification.createTag import CreateTagRequest
from metadata.generated.schema.api.data.createDatabase import CreateDatabaseRequest
from metadata.generated.schema.api.data.createDatabaseSchema import CreateDatabaseSchemaRequest
from metadata.generated.schema.api.data.createGlossary import CreateGlossaryRequest
from metadata.generated.schema.api.data.createGlossaryTerm import CreateGlossaryTermRequest
from metadata.generated.schema.api.data.createDashboard import CreateDashboardRequest
from metadata.generated.schema.api.data.createTable import CreateTableRequest
from metadata.generated.schema.api.lineage.addLineage import AddLineageRequest
from metadata.generated.schema.api.services.createDashboardService import CreateDashboardServiceRequest
from metadata.generated.schema.api.services.createDatabaseService import CreateDatabaseServiceRequest
from metadata.generated.schema.type.entityReferenceList import EntityReferenceList
from metadata.generated.schema.type.tagLabel import TagLabel

MODELS = {
    "services/databaseServices": CreateDatabaseServiceRequest, "databases": CreateDatabaseRequest,
    "databaseSchemas": CreateDatabaseSchemaRequest, "classifications": CreateClassificationRequest,
    "tags": CreateTagRequest, "glossaries": CreateGlossaryRequest, "glossaryTerms": CreateGlossaryTermRequest,
    "services/dashboardServices": CreateDashboardServiceRequest, "dashboards": CreateDashboardRequest,
    "tables": CreateTableRequest, "lineage": AddLineageRequest,
}
for request in json.load(open(sys.argv[1], encoding="utf-8")):
    if request["method"] == "PUT":
        MODELS[request["path"]].model_validate(request["body"])
    for operation in request["body"] if request["method"] == "PATCH" else []:
        if operation["op"] == "add" and operation["path"].endswith("/tags/-"):
            TagLabel.model_validate(operation["value"])
        if operation["path"] == "/owners":
            EntityReferenceList.model_validate(operation["value"])
    print(request["method"], request["path"])
`

const judge = await findJudge('openmetadata')

describe.skipIf(judge.without !== null)(`requests to OpenMetadata, read by its own models${unless(judge)}`, () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'daybreak-openmetadata-'))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  async function read(requests: unknown) {
    const file = join(folder, 'requests.json')
    await writeFile(file, JSON.stringify(requests))
    return await judge.run('python', ['-c', READ, file])
  }

  /** Requests of a first push, and of one that mends a column, a description and tags. */
  async function pushed() {
    const server = await startOpenMetadata()
    onTestFinished(() => server.close())
    const [shipped, catalog] = [await shippedProject(), await shippedCatalog()]
    const openmetadata = { url: server.url, token: 'secret://bot', service: 'daybreak' }
    const project = {
      ...shipped,
      environment: { ...shipped.environment, catalog: { policyTags: {}, openmetadata } },
    }
    const push = () =>
      pushToOpenMetadata(catalog, project, {
        ...{ isDryRun: false, isOverwriting: true },
        secrets: { read: async () => new TextEncoder().encode(BOT_TOKEN) },
      })
    server.addOwner('users', { name: 'finance', email: 'finance@example.com' })
    await push()
    const sales = () => server.entity('tables', 'daybreak.default.models.daily_sales')
    const columns = () => sales()['columns'] as { dataType: string; tags: unknown[] }[]
    sales()['description'] = 'Another.'
    sales()['owners'] = []
    for (const column of columns()) column.tags = []
    await push()
    for (const column of columns().slice(0, 2)) column.dataType = 'TIME'
    await push()
    return server.writes
  }

  it('of a push, each of them', async () => {
    const requests = await pushed()
    const { code, stdout, stderr } = await read(requests)
    expect(stderr).toBe('')
    expect(code).toBe(0)
    expect(stdout.trim().split('\n')).toHaveLength(requests.length)
    expect(new Set(requests.map(({ method }) => method))).toEqual(new Set(['PUT', 'PATCH']))
  })

  it.each([
    ['a type that it does not have', '"dataType":"NUMERIC"', '"dataType":"MONEYS"'],
    ['a member that it does not have', '"tableType":', '"tableKind":'],
    ['a source of lineage that it does not have', '"source":"QueryLineage"', '"source":"Queries"'],
    ['a kind of dashboard that it does not have', '"dashboardType":"Report"', '"dashboardType":"Sheet"'],
    ['an owner without an id', '"type":"user"', '"kind":"user"'],
    ['a label that it does not have', '"labelType":"Automated"', '"labelType":"Robot"'],
  ])('and not with %s', async (_, text, planted) => {
    const right = JSON.stringify(await pushed())
    expect(right).toContain(text)
    const { code, stderr } = await read(JSON.parse(right.replace(text, planted)))
    expect(code).not.toBe(0)
    expect(stderr).toMatch(/ValidationError|validation error/)
  })
})
