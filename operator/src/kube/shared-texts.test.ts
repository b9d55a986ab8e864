import { expect, it } from 'vitest';
import { SharedTexts } from './shared-texts.ts';

it('changes nothing that can be seen', () => {
  const parsed = () => JSON.parse('{"a":"x","b":["x",{"c":"y","d":null,"e":1,"f":true}],"g":{}}') as object;
  const texts = new SharedTexts();
  texts.in(parsed());
  expect(texts.in(parsed())).toEqual(parsed());
});

it('changes the value itself and not a copy, so that nothing is kept twice', () => {
  const value = { list: [{ text: 'x' }] };
  expect(new SharedTexts().in(value)).toBe(value);
});
