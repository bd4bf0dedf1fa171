import type { Dish, Menu } from '../menu.ts'

const dishes = (...list: readonly (readonly [string, number, number, string?])[]): readonly Dish[] =>
  list.map(([name, price, popularity, tags]) =>
    tags === undefined ? { name, price, popularity } : { name, price, popularity, tags },
  )

const TOPPINGS = {
  name: 'Sandwich Toppings',
  options: [
    ['MAYO', 0],
    ['A.T.T.', 0],
    ['Pickle', 0],
    ['Bacon', 150],
    ['Swiss, Extra', 100],
  ],
} as const
const DIPS = {
  name: 'Dipping Sauce',
  options: [
    ['RANCH', 0],
    ['BLEU CHEESE', 0],
    ['BBQ', 0],
    ['Jalapeño Aioli', 50],
  ],
} as const

/** A neighborhood bar with a kitchen: several menus, subgroups, tags, and beer that is sold with the tax included. */
export const smallMenus: readonly Menu[] = [
  {
    name: 'Soft Drinks',
    groups: [
      {
        name: 'Soft Drinks',
        salesCategory: 'NA Beverage',
        dishes: [
          ...dishes(
            ['Cola', 235, 8],
            ['Diet Cola', 235, 4],
            ['Tea - Sweet', 235, 5],
            ['Tea - Unsweet', 235, 4],
            ['Lemonade', 265, 3],
          ),
          { name: 'Water', price: 0, popularity: 6, subgroup: 'Kids Drinks' },
          { name: 'Kids Juice', price: 150, popularity: 2, subgroup: 'Kids Drinks' },
        ],
      },
    ],
  },
  {
    name: 'Food',
    groups: [
      {
        name: 'Main Dishes',
        salesCategory: 'Food',
        station: 'Grill',
        modifiers: [TOPPINGS],
        dishes: dishes(
          ['Cheeseburger', 950, 8],
          ['Bacon Cheeseburger', 1095, 7],
          ['Tenderloin', 700, 9],
          ['Wings', 1200, 5],
          ['Boneless Wings', 1050, 5],
          ['House Salad', 850, 3],
          ['Patty Melt', 995, 4],
          ['Fish & Chips', 1195, 3],
        ),
      },
      {
        name: 'Sides',
        salesCategory: 'Food',
        station: 'Fry',
        modifiers: [DIPS],
        dishes: dishes(
          ['Tater Tots', 375, 4, 'Tater Tots'],
          ['Curly Fries', 375, 6, 'Fries'],
          ['Onion Rings', 450, 7, 'Onion Rings'],
          ['Fried Cauliflower', 600, 3, 'Fried Cauliflower'],
          ['Cheese Curds', 800, 6, 'Cheese Curds'],
          ['Fried Mushrooms', 700, 3],
        ),
      },
      {
        name: 'Kids Menu',
        salesCategory: 'Food',
        station: 'Fry',
        dishes: dishes(['Chicken Strips', 650, 3], ['Mini Corn Dogs', 600, 2]),
      },
    ],
  },
  {
    name: 'Liquor',
    groups: [
      {
        name: 'Whiskey',
        salesCategory: 'Liquor',
        taxIncluded: true,
        dishes: dishes(['Copper Fox SGL', 400, 4], ['Copper Fox DBL', 700, 2], ['Old Ferry Rye SGL', 450, 3]),
      },
      {
        name: 'Cordials',
        salesCategory: 'Liquor',
        taxIncluded: true,
        dishes: dishes(["O'Malley's Cherry SGL", 350, 2], ['Coffee Cream SGL', 375, 1]),
      },
      {
        name: 'Vodka',
        salesCategory: 'Liquor',
        taxIncluded: true,
        dishes: dishes(['Clear Lake SGL', 375, 4], ['Clear Lake DBL', 650, 2]),
      },
    ],
  },
  {
    name: 'Beer',
    groups: [
      {
        name: 'Draft',
        salesCategory: 'Draft Beer',
        taxIncluded: true,
        dishes: dishes(['Busy Light, Draft', 350, 9], ['Blue Hour', 500, 5], ['Red Barn Ale, Draft', 525, 4]),
      },
      {
        name: 'Bottle',
        salesCategory: 'Bottled Beer',
        taxIncluded: true,
        dishes: dishes(
          ['Busy Light, Bottle', 350, 8, 'Busy Light, Bottle'],
          ['Ultra Fine, Bottle', 375, 5, 'Ultra Fine, Bottle'],
          ['Miller Creek, Bottle', 350, 6],
          ['Bock, Bottle', 400, 3],
        ),
      },
      {
        name: 'Can',
        salesCategory: 'Bottled Beer',
        taxIncluded: true,
        dishes: dishes(
          ['Busy Light, Can', 300, 8],
          ['Corner Light, Can', 200, 12],
          ['Old Town Light, Can', 200, 14],
          ['Ultra Fine, Can', 325, 5],
        ),
      },
    ],
  },
  {
    name: 'Food Specials',
    groups: [
      {
        name: 'Food Specials',
        salesCategory: 'Food',
        station: 'Grill',
        dishes: dishes(['Fried Beef Tacos', 200, 14], ['Chips & Salsa', 300, 4], ['Soup of the Day', 450, 3]),
      },
    ],
  },
  {
    name: 'Wine',
    groups: [
      {
        name: 'Wine',
        salesCategory: 'Bottled Beer',
        taxIncluded: true,
        dishes: dishes(['House Singles', 400, 5], ['House Red', 600, 2], ['House White', 600, 2]),
      },
    ],
  },
  {
    name: 'Special Events',
    groups: [
      {
        name: 'Special Events (Drinks)',
        salesCategory: 'Draft Beer',
        taxIncluded: true,
        dishes: dishes(['Nitro Stout Draft', 600, 2], ['Tournament Pitcher', 1400, 1]),
      },
    ],
  },
]
