import type { Dish, Menu, MenuGroup } from '../menu.ts'

const dish = ([name, price, popularity]: readonly [string, number, number]): Dish => ({ name, price, popularity })
const dishes = (...list: readonly (readonly [string, number, number])[]): readonly Dish[] => list.map(dish)

const SPICE = {
  name: 'Spice Level',
  options: [
    ['Mild 微辣', 0],
    ['Medium 中辣', 0],
    ['Hot 🔥 大辣', 0],
  ],
} as const
const EXTRAS = {
  name: 'Extras',
  options: [
    ['Add Egg 加蛋', 150],
    ['Add Greens 加青菜', 200],
    ['No Cilantro 不要香菜', 0],
    ['Sauce on the side, please', 0],
  ],
} as const
const ICE = {
  name: 'Ice & Sugar',
  options: [
    ['Less Ice 少冰', 0],
    ['Half Sugar 半糖', 0],
    ['Boba 珍珠', 100],
  ],
} as const
const SETS = {
  name: 'Set Choice',
  options: [
    ['Soup Dumplings (4) 小笼', 0],
    ['Cold Noodles 凉面', 0],
    ['Plum Tea 酸梅茶', 0],
  ],
} as const

const groups: readonly MenuGroup[] = [
  {
    name: 'HOUSE FAVORITES',
    salesCategory: 'HOUSE FAVORITES',
    station: 'Wok',
    modifiers: [EXTRAS],
    dishes: dishes(
      ['Scallion Flatbread (1) Ⓥ 葱香烙饼', 430, 18],
      ['Spiced Beef Roll (1) 🌶️ 香辣牛肉卷', 1025, 9],
      ['Beef Roll (1) 牛肉卷', 1025, 7],
      ['Crispy Pork Pie (2) 酥皮肉饼', 690, 8],
      ['Marinated Egg (1) 卤蛋', 275, 6],
      ['Cold Sliced Pork 蒜泥白肉', 995, 4],
      ['Tofu Skin Salad Ⓥ 凉拌豆皮', 745, 5],
      ['Braised Beef Tendon 红烧牛筋', 1295, 2],
    ),
  },
  {
    name: 'SOUP DUMPLINGS (小笼)',
    salesCategory: 'SOUP DUMPLINGS',
    station: 'Steam',
    dishes: dishes(
      ['Pork Soup Dumplings (8) 猪肉小笼', 1125, 30],
      ['Pork & Crab Soup Dumplings (8) 🦀 蟹粉小笼', 1345, 16],
      ['Chicken Soup Dumplings (8) 鸡肉小笼', 1125, 10],
      ['Truffle Soup Dumplings (6) 松露小笼', 1595, 4],
      ['Beef Soup Dumplings (8) 牛肉小笼', 1195, 5],
      ['Dumpling Sampler (10) 小笼拼盘', 1680, 3],
    ),
  },
  {
    name: 'DUMPLINGS',
    salesCategory: 'PAN FRIED DUMPLINGS',
    station: 'Steam',
    modifiers: [SPICE],
    dishes: dishes(
      ['Pork Potstickers (6) 猪肉锅贴', 760, 20],
      ['Chicken Potstickers (6) 鸡肉锅贴', 760, 12],
      ['Shrimp Potstickers (6) 🦐 鲜虾锅贴', 940, 9],
      ['Vegetable Potstickers (6) Ⓥ 素锅贴', 720, 6],
      ['Crystal Shrimp Dumplings (6) 🦐 水晶虾饺', 960, 8],
      ['Lamb & Carrot Dumplings (8) 羊肉水饺', 1085, 3],
      ['Fish Dumplings (8) 🐟 鲅鱼水饺', 1085, 2],
      ['Chive & Egg Dumplings (8) Ⓥ 韭菜鸡蛋水饺', 895, 3],
    ),
  },
  {
    name: 'WONTONS',
    salesCategory: 'BOILED DUMPLINGS',
    station: 'Steam',
    modifiers: [SPICE],
    dishes: dishes(
      ['Wontons in Chili Oil (6) 🌶️ 红油抄手', 760, 18],
      ['Shrimp Wonton Soup 🦐 鲜虾馄饨汤', 1045, 9],
      ['Chicken Wonton Soup 鸡汤馄饨', 945, 8],
      ['Pork Wontons, Garlic Soy (6) 蒜泥抄手', 760, 5],
      ['Wonton Noodle Soup 云吞面', 1165, 6],
    ),
  },
  {
    name: 'NOODLES',
    salesCategory: 'NOODLES',
    station: 'Wok',
    modifiers: [SPICE, EXTRAS],
    dishes: dishes(
      ['Dan Dan Noodles Ⓥ🌶️🌶️ 担担面', 790, 20],
      ['Beef Noodle Soup 🌶️ 红烧牛肉面', 1095, 18],
      ['Sesame Cold Noodles Ⓥ 麻酱凉面', 745, 8],
      ['Soy Bean Paste Noodles 炸酱面', 790, 7],
      ['Minced Pork Noodles 🌶️ 肉末面', 790, 8],
      ['Hot & Sour Glass Noodles 🌶️🌶️ 酸辣粉', 845, 7],
      ['Tomato & Egg Noodles Ⓥ 番茄鸡蛋面', 825, 4],
      ['Stir Fried Rice Cakes 炒年糕', 1045, 4],
      ['Chicken Noodle Soup 鸡丝面', 945, 5],
      ['Plain Noodles Ⓥ 阳春面', 545, 3],
      ['Pickled Mustard & Pork Noodles 榨菜肉丝面', 895, 3],
    ),
  },
  {
    name: 'BUNS®',
    salesCategory: 'BAO',
    station: 'Steam',
    dishes: dishes(
      ['Pan Fried Buns (4) 生煎包', 895, 16],
      ['Steamed Pork Buns (3) 鲜肉包', 695, 9],
      ['Custard Buns (3) 🥚 奶黄包', 625, 6],
      ['Vegetable Buns (3) Ⓥ 素菜包', 625, 4],
      ['Red Bean Buns (3) Ⓥ 豆沙包', 595, 3],
      ['Mini Bun Trio  三色包', 745, 2],
    ),
  },
  {
    name: 'VEGETABLES',
    salesCategory: 'VEGETABLES',
    station: 'Wok',
    dishes: dishes(
      ['Smashed Cucumber Ⓥ 🌶️ 拍黄瓜', 730, 16],
      ['Garlic Green Beans Ⓥ 干煸四季豆', 995, 10],
      ['Stir Fried Pea Shoots Ⓥ 清炒豆苗', 1295, 5],
      ['Wood Ear Salad Ⓥ 凉拌木耳', 695, 4],
      ['Baby Bok Choy Ⓥ 清炒小白菜', 945, 5],
      ['Spicy Potato Strips Ⓥ 🌶️ 酸辣土豆丝', 745, 4],
    ),
  },
  {
    name: 'APPETIZERS',
    salesCategory: 'APPETIZERS',
    station: 'Fry',
    dishes: dishes(
      ['Popcorn Chicken 盐酥鸡', 895, 9],
      ['Crispy Spring Rolls (4) 春卷', 645, 6],
      ['Salt & Pepper Tofu Ⓥ 椒盐豆腐', 795, 4],
      ['Five Spice Beef 五香牛肉', 995, 5],
      ['Chicken Wings (6), Garlic 蒜香鸡翅', 1045, 4],
      ['Edamame Ⓥ 毛豆', 545, 3],
    ),
  },
  {
    name: 'RICE',
    salesCategory: 'RICE',
    station: 'Wok',
    modifiers: [EXTRAS],
    dishes: dishes(
      ['Egg Fried Rice Ⓥ 蛋炒饭', 895, 7],
      ['Pork Chop Rice 排骨饭', 1195, 5],
      ['Shrimp Fried Rice 🦐 虾仁炒饭', 1195, 4],
      ['Steamed Rice Ⓥ 白饭', 200, 9],
      ['Marinated Egg (1) 卤蛋', 275, 1],
    ),
  },
  {
    name: 'DESSERTS',
    salesCategory: 'DESSERTS',
    dishes: dishes(
      ['Banana Flatbread (1) Ⓥ 香蕉烙饼', 695, 3],
      ['Sesame Balls (4) Ⓥ 芝麻球', 595, 4],
      ['Cheesecake (1 pc) 芝士蛋糕', 645, 0],
      ['GREEN TEA Cheesecake(1pc) 抹茶芝士蛋糕', 645, 0],
      ['Mont Blanc (1pc) 栗子蛋糕', 725, 0],
      ['Purple Yam Cake  (1 pc) 紫薯蛋糕', 725, 0],
    ),
  },
  {
    name: 'BEVERAGES',
    salesCategory: 'BEVERAGES',
    modifiers: [ICE],
    dishes: [
      ...dishes(
        ['Milk Tea (Cold) 奶茶', 595, 9],
        ['Taro Milk Tea (Cold) 香芋奶茶', 640, 6],
        ['Thai Tea (Cold) 泰式奶茶', 595, 5],
        ['Plum Juice (Cold) 酸梅汁', 545, 4],
        ['Jasmine Tea (Hot) 茉莉花茶', 450, 4],
        ['Oolong Tea (Hot) 乌龙茶', 450, 3],
        ['Cola 可乐', 250, 6],
        ['Diet Cola 健怡可乐', 250, 3],
        ['Lemon Soda 柠檬汽水', 250, 3],
        ['Yuzu Soda 柚子汽水', 475, 2],
        ['Sparkling Water 气泡水', 350, 2],
      ),
      { name: 'Water 水', price: 0, popularity: 3, subgroup: 'Kids Drinks' },
      { name: 'Apple Juice 苹果汁', price: 295, popularity: 1, subgroup: 'Kids Drinks', tags: 'Kids' },
    ],
  },
  {
    name: 'ALCOHOL',
    salesCategory: 'ALCOHOL',
    station: 'Bar',
    dishes: dishes(
      ['Harbor Lager', 650, 4],
      ['Northern Rice Beer', 650, 3],
      ['Dry Sake (375 ml / 12.68 fl.oz.)', 1800, 1],
      ['Cloudy Sake (375 ml) Best Chilled', 1700, 1],
      ['Non Alcoholic Lager', 550, 0],
    ),
  },
  {
    name: 'SETS',
    salesCategory: '',
    station: 'Steam',
    modifiers: [SETS],
    dishes: dishes(['SET A', 1699, 3], ['SET B', 1699, 3], ['SET C', 1699, 2]),
  },
  { name: 'Others', salesCategory: '', dishes: dishes(['Utensils', 0, 1], ['Condiments', 0, 0]) },
]

/** A noodle and dumpling house: one menu, names in two scripts, about a hundred rows in AllItemsReport. */
export const restaurantMenus: readonly Menu[] = [{ name: 'House Menu', groups }]
