import type { Expression } from '../../../functions/contract/expression/expression.ts'

/** The text of an expression, every operation in parentheses: it parses to the same tree. */
export function printExpression(expression: Expression): string {
  const print = printExpression
  switch (expression.kind) {
    case 'number':
      return expression.value
    case 'string':
      return `'${expression.value.replaceAll("'", "''")}'`
    case 'bool':
      return String(expression.value)
    case 'null':
      return 'null'
    case 'column':
      return expression.name
    case 'negate':
      return `(-${print(expression.operand)})`
    case 'not':
      return `(not ${print(expression.operand)})`
    case 'arithmetic':
    case 'compare':
      return `(${print(expression.left)} ${expression.operator} ${print(expression.right)})`
    case 'and':
    case 'or':
      return `(${print(expression.left)} ${expression.kind} ${print(expression.right)})`
    case 'concat':
      return `(${print(expression.left)} || ${print(expression.right)})`
    case 'is_null':
      return `(${print(expression.operand)} is ${expression.negated ? 'not ' : ''}null)`
    case 'in':
      return `(${print(expression.operand)}${not(expression)} in (${expression.items.map(print).join(', ')}))`
    case 'between':
      return `(${print(expression.operand)}${not(expression)} between ${print(expression.low)} and ${print(expression.high)})`
    case 'case':
      return printCase(expression)
    case 'call':
      return `${expression.name}(${expression.args.map(print).join(', ')})`
  }
}

const not = ({ negated }: { readonly negated: boolean }): string => (negated ? ' not' : '')

function printCase({ branches, otherwise }: Expression & { kind: 'case' }): string {
  const parts = branches.map(({ when, result }) => `when ${printExpression(when)} then ${printExpression(result)}`)
  return `case ${parts.join(' ')}${otherwise ? ` else ${printExpression(otherwise)}` : ''} end`
}
