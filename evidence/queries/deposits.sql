SELECT location_id, business_date, tender_group, expected_on, collected, refunds, fees, expected
FROM models.deposits
WHERE business_date BETWEEN DATE '{from}' AND DATE '{to}'
ORDER BY expected_on, location_id, tender_group, business_date
