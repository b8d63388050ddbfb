CREATE DATABASE shop;
CREATE TABLE shop.users (
  id INT AUTO_INCREMENT PRIMARY KEY,
  name VARCHAR(50) NOT NULL,
  logins INT NOT NULL
);
INSERT INTO shop.users VALUES (1, 'Grace', 3), (42, 'Ada', 0);
CREATE USER shop IDENTIFIED BY 'sesame';
GRANT SELECT, TRIGGER ON shop.users TO shop;
