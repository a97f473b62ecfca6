/** What the build does so that V8 compiles a bundle's modules at once. */
import { expect, test } from '@jest/globals'
import { compiledAtOnce } from '../../scripts/eager.ts'

test('modules of a bundle are put in parentheses, and nothing else is', () => {
  const code =
    'export const id=1;export const modules={12:(e,t)=>{e.x=()=>1},7:function(e){return{3:()=>2}},8(e){},a:()=>3,9:4};'
  expect(compiledAtOnce(code)).toBe(
    'export const id=1;export const modules={12:((e,t)=>{e.x=()=>1}),7:(function(e){return{3:()=>2}}),8(e){},a:()=>3,9:4};',
  )
})

test('the first file of a bundle, where the table is one of several variables', () => {
  expect(compiledAtOnce('import"x";var a,t={5:e=>{}},r=t;r(5);')).toBe('import"x";var a,t={5:(e=>{})},r=t;r(5);')
})

test('code without modules stays as it is', () => {
  expect(compiledAtOnce('console.log("{1:()=>{}}")')).toBe('console.log("{1:()=>{}}")')
})
