import type { Dish, Menu, MenuGroup } from '../menu.ts'

interface Pour {
  readonly size: string
  /** Price as a multiple of that of the smallest. */
  readonly times: number
}

const pour = (size: string, times: number): Pour => ({ size, times })

/** Every name with every way it is poured: `Copper Fox Vodka, Single`. */
function pours(names: readonly string[], base: number, sizes: readonly Pour[]): readonly Dish[] {
  return names.flatMap((name, index) =>
    sizes.map(({ size, times }) => ({
      name: `${name}, ${size}`,
      price: Math.round(((base + (index % 7) * 125) * times) / 25) * 25,
      // Most of a long menu is not ordered on most nights, and bottles least of all.
      popularity: (index % 4 === 0 ? 8 : index % 4 === 1 ? 1 : 0) / times ** 1.5,
    })),
  )
}

const plates = (...list: readonly (readonly [string, number, number])[]): readonly Dish[] =>
  list.map(([name, price, popularity]) => ({ name, price, popularity }))

const MAKERS = [
  'Copper Fox',
  'Old Ferry',
  'Clear Lake',
  'Night Heron',
  'Stone Arch',
  'Blue Hour',
  'Café Aurora',
  'Red Lantern',
  'Long Pier',
  'Gold Coast',
  'Silver Birch',
  'Wild Fig',
]
const named = (kind: string) => MAKERS.map((maker) => `${maker} ${kind}`)
const SPIRIT = [pour('Single', 1), pour('Double', 1.75), pour('Bottle', 18)]
const WINE = [pour('Glass', 1), pour('Bottle', 3.8)]
const BEER = [pour('Bottle', 1), pour('Can', 0.9), pour('Draft', 1.1)]
const HEAT = {
  name: 'Heat',
  options: [
    ['Mild', 0],
    ['Hot 🔥', 0],
    ['Extra Sauce, on the side', 50],
  ],
} as const
const MIXER = {
  name: 'Mixer',
  options: [
    ['Soda', 0],
    ['Tonic', 0],
    ['Energy Drink', 300],
    ['Neat', 0],
  ],
} as const

const spirit = (name: string, kind: string, base: number): MenuGroup => ({
  name,
  salesCategory: 'Liquor',
  station: 'Bar',
  modifiers: [MIXER],
  dishes: pours(named(kind), base, SPIRIT),
})

/** A night-life venue: a menu of more than five hundred rows, most of them zero on any night. */
export const barMenus: readonly Menu[] = [
  {
    name: 'Food',
    groups: [
      {
        name: 'Small Plates',
        salesCategory: 'Food',
        station: 'Fry',
        modifiers: [HEAT],
        dishes: plates(
          ['Wings (8), Lemon Pepper', 1600, 30],
          ['Wings (8), Hot', 1600, 26],
          ['Truffle Fries', 1100, 22],
          ['Calamari', 1700, 12],
          ['Jalapeño Poppers', 1200, 8],
          ['Crab Dip', 1900, 9],
          ['Salmon Bites 🐟', 1800, 10],
          ['Egg Rolls (4)', 1400, 11],
        ),
      },
      {
        name: 'Mains',
        salesCategory: 'Food',
        station: 'Grill',
        modifiers: [HEAT],
        dishes: plates(
          ['Lamb Chops', 3600, 14],
          ['Shrimp & Grits 🦐', 2600, 15],
          ['Jerk Salmon', 2900, 9],
          ['Smash Burger', 1900, 13],
          ['Rasta Pasta', 2400, 14],
          ['Ribeye 12 oz.', 4800, 4],
          ['Chicken & Waffles', 2200, 12],
        ),
      },
      {
        name: 'Sides',
        salesCategory: 'Food',
        station: 'Fry',
        dishes: plates(['Mac & Cheese', 900, 14], ['Yams', 800, 5], ['Greens', 800, 6], ['Fries', 600, 15]),
      },
      {
        name: 'Desserts',
        salesCategory: 'Food',
        dishes: plates(['Peach Cobbler', 1200, 5], ['Red Velvet Cake', 1200, 3], ['Birthday Sparkler 🎉', 1000, 3]),
      },
    ],
  },
  {
    name: 'Liquor',
    groups: [
      spirit('Vodka', 'Vodka', 1000),
      spirit('Tequila', 'Tequila', 1300),
      spirit('Whiskey', 'Whiskey', 1200),
      spirit('Cognac', 'Cognac', 1500),
      spirit('Rum', 'Rum', 1000),
      spirit('Gin', 'Gin', 1100),
    ],
  },
  {
    name: 'Beer',
    groups: [
      {
        name: 'Domestic',
        salesCategory: 'Bottled Beer',
        taxIncluded: true,
        station: 'Bar',
        dishes: pours(named('Light'), 600, BEER),
      },
      {
        name: 'Craft',
        salesCategory: 'Draft Beer',
        taxIncluded: true,
        station: 'Bar',
        dishes: pours(named('IPA'), 750, BEER),
      },
      {
        name: 'Imported',
        salesCategory: 'Bottled Beer',
        taxIncluded: true,
        station: 'Bar',
        dishes: pours(named('Pils'), 700, BEER),
      },
    ],
  },
  {
    name: 'Wine',
    groups: [
      { name: 'Red', salesCategory: 'Wine', station: 'Bar', dishes: pours(named('Merlot'), 1100, WINE) },
      { name: 'White', salesCategory: 'Wine', station: 'Bar', dishes: pours(named('Chardonnay'), 1000, WINE) },
      { name: 'Rosé', salesCategory: 'Wine', station: 'Bar', dishes: pours(named('Rosé'), 1100, WINE) },
      { name: 'Sparkling', salesCategory: 'Wine', station: 'Bar', dishes: pours(named('Brut'), 1300, WINE) },
    ],
  },
  {
    name: 'Cocktails',
    groups: [
      {
        name: 'House Cocktails',
        salesCategory: 'Liquor',
        station: 'Bar',
        dishes: [
          ...plates(
            ['Lemon Drop', 1500, 40],
            ['Margarita', 1500, 45],
            ['Old Fashioned', 1700, 24],
            ['Espresso Martini', 1700, 20],
            ['Mojito', 1500, 18],
            ['Purple Rain 💜', 1600, 22],
          ),
          ...pours(named('Punch'), 1400, [pour('Glass', 1), pour('Pitcher', 4)]),
        ],
      },
      {
        name: 'Mocktails',
        salesCategory: 'NA Beverage',
        station: 'Bar',
        dishes: plates(['Virgin Mojito', 900, 6], ['Ginger Fizz', 900, 4], ['Sunrise', 900, 3]),
      },
    ],
  },
  {
    name: 'Soft Drinks',
    groups: [
      {
        name: 'Soft Drinks',
        salesCategory: 'NA Beverage',
        station: 'Bar',
        dishes: [
          ...plates(
            ['Cola', 400, 12],
            ['Ginger Ale', 400, 7],
            ['Pineapple Juice', 500, 6],
            ['Cranberry Juice', 500, 6],
            ['Still Water, Bottle', 600, 14],
            ['Energy Drink', 700, 9],
          ),
          { name: 'Water', price: 0, popularity: 9, subgroup: 'Free' },
        ],
      },
    ],
  },
  {
    name: 'Hookah',
    groups: [
      {
        name: 'Hookah',
        salesCategory: 'Hookah',
        dishes: [
          ...plates(['Mint', 4500, 16], ['Double Apple', 4500, 9], ['Refill', 2000, 8]),
          ...pours(named('Blend'), 4500, [pour('Classic', 1), pour('Fruit Head', 1.4)]),
        ],
      },
    ],
  },
  {
    name: 'Bottle Service',
    groups: [
      {
        name: 'Bottle Service',
        salesCategory: 'Liquor',
        station: 'Bar',
        dishes: pours(named('Package'), 25_000, [pour('Table for 4', 1), pour('Table for 8', 1.8)]),
      },
    ],
  },
  {
    name: 'Special Events',
    groups: [{ name: 'Covers', salesCategory: '', dishes: plates(['Cover Charge', 2000, 10], ['VIP Cover', 4000, 3]) }],
  },
]
