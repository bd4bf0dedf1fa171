SELECT dish, sum(minutes) AS minutes FROM kitchen.dishes GROUP BY ALL ORDER BY ALL
