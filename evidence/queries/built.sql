SELECT MIN(business_date) AS first_date, MAX(business_date) AS last_date, COUNT(DISTINCT location_id) AS locations
FROM models.daily_location
WHERE business_date BETWEEN DATE '{from}' AND DATE '{to}'
