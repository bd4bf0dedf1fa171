import type { CsvRecord } from './csv.ts'

const columns = (line: string): CsvRecord => line.split(',')

/** Header rows of Toast's files, verbatim. */
export const HEADERS = {
  'AllItemsReport.csv': columns(
    'Master ID,Item ID,Parent ID,Menu Name,Menu Group,Subgroup,Menu Item,Tags,Avg Price,Item Qty (incl voids),% of Ttl Qty (incl voids),Gross Amount (incl voids),% of Ttl Amt (incl voids),Item Qty,Gross Amount,Void Qty,Void Amount,Discount Amount,Net Amount,# Orders,% of Ttl # Orders,% Qty (Group),% Qty (Menu),% Qty (All),% Net Amt (Group),% Net Amt (Menu),% Net Amt (All)',
  ),
  'CheckDetails.csv': columns(
    'Customer Id,Customer,Customer Phone,Customer Email,Location Code,Opened Date,Opened Time,Item Description,Server,Tax,Tender,Check Id,Check #,Total,Customer Family,Table Size,Discount,Reason of Discount,Link',
  ),
  'CashEntries.csv': columns(
    'Location,Entry Id,Created Date,Action,Amount,Cash Drawer,Payout Reason,No Sale Reason,Comment,Employee,Employee 2',
  ),
  'ItemSelectionDetails.csv': columns(
    'Location,Order Id,Order #,Sent Date,Order Date,Check Id,Server,Table,Dining Area,Service,Dining Option,Item Selection Id,Item Id,Master Id,SKU,PLU,Menu Item,Menu Subgroup(s),Menu Group,Menu,Sales Category,Gross Price,Discount,Net Price,Qty,Tax,Void?,Deferred,Tax Exempt,Tax Inclusion Option,Dining Option Tax,Tab Name',
  ),
  'KitchenTimings.csv': columns(
    'Location,ID,Server,Check #,Table,Check Opened,Station,Expediter Level,Fired Date,Fulfilled Date,Fulfillment Time,Fulfilled By',
  ),
  'OrderDetails.csv': columns(
    'Location,Order Id,Order #,Checks,Opened,# of Guests,Tab Names,Server,Table,Revenue Center,Dining Area,Service,Dining Options,Discount Amount,Amount,Tax,Tip,Gratuity,Total,Voided,Paid,Closed,Duration (Opened to Paid),Order Source',
  ),
  'PaymentDetails.csv': columns(
    'Location,Payment Id,Order Id,Order #,Paid Date,Order Date,Check Id,Check #,Tab Name,Server,Table,Dining Area,Service,Dining Option,House Acct #,Amount,Tip,Gratuity,Total,Swiped Card Amount,Keyed Card Amount,Amount Tendered,Refunded,Refund Date,Refund Amount,Refund Tip Amount,Void User,Void Approver,Void Date,Status,Type,Cash Drawer,Card Type,Other Type,Email,Phone,Last 4 Card Digits,V/MC/D Fees,Room Info,Receipt,Source,Last 4 Gift Card Digits,First 5 Gift Card Digits',
  ),
  'ModifiersSelectionDetails.csv': columns(
    'Location,Order Id,Order #,Sent Date,Order Date,Check Id,Server,Table,Dining Area,Service,Dining Option,Item Selection Id,Modifier Id,Master Id,Modifier SKU,Modifier PLU,Modifier,Option Group ID,Option Group Name,Parent Menu Selection Item ID,Parent Menu Selection,Sales Category,Gross Price,Discount,Net Price,Qty,Void?,Void Reason ID,Void Reason',
  ),
  'TimeEntries.csv': columns(
    'Location,Location Code,Id,GUID,Employee Id,Employee GUID,Employee External Id,Employee,Job Id,Job GUID,Job Code,Job Title,In Date,Out Date,Auto Clock-out,Total Hours,Unpaid Break Time,Paid Break Time,Payable Hours,Cash Tips Declared,Non Cash Tips,Total Gratuity,Total Tips,Tips Withheld,Wage,Regular Hours,Overtime Hours,Regular Pay,Overtime Pay,Total Pay',
  ),
  'HouseAccountExport.csv': columns('House Account GUID,House Account Customer #'),
} as const

/** Name of a CSV file that the simulator writes. */
export type MockCsv = keyof typeof HEADERS

/** The file of each of the seven streams. */
export const STREAM_FILES = {
  all_items_report: 'AllItemsReport.csv',
  check_details: 'CheckDetails.csv',
  cash_entries: 'CashEntries.csv',
  item_selection_details: 'ItemSelectionDetails.csv',
  kitchen_timings: 'KitchenTimings.csv',
  order_details: 'OrderDetails.csv',
  payment_details: 'PaymentDetails.csv',
} as const satisfies Record<string, MockCsv>

/** Name of a stream that the simulator writes. */
export type MockStream = keyof typeof STREAM_FILES
