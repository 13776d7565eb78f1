-- Everything that is known to go wrong between a dump and its load. Read by jobs-*.test.ts as root, database by database.
SET NAMES utf8mb4;
SET time_zone = '+02:00';
SET sql_mode = 'NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES';
SET GLOBAL partial_revokes = ON;
SET PERSIST max_connections = 77;
SET PERSIST super_read_only = OFF;
SET PERSIST partial_revokes = ON;
SET GLOBAL log_bin_trust_function_creators = ON;

CREATE DATABASE `with-hyphen` CHARACTER SET latin1 COLLATE latin1_german2_ci;
CREATE DATABASE `with blank`;
CREATE DATABASE `ünïcødé.with'quote"and$(dollar)`;
CREATE DATABASE `-leads`;
CREATE DATABASE `back``tick`;
CREATE DATABASE emptiness;

USE `with-hyphen`;
CREATE TABLESPACE general ADD DATAFILE 'general.ibd' ENGINE = InnoDB;
CREATE TABLE numbers (
  id int unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY, f float, f2 float(9, 3), d double, d2 double(10, 2),
  n decimal(65, 30), b bit(64), t tinyint(1), y year, z int(8) unsigned zerofill
) AUTO_INCREMENT = 4711 TABLESPACE general;
INSERT INTO numbers VALUES (0, 1.23456789, 123456.789, 0.1 + 0.2e0, 1.005, 1e-30, b'1000000000000000000000000000000000000000000000000000000000000001', 1, 2024, 7),
  (1, 16777217, -0.001, 1e300, 99999999.99, -99999999999999999999999999999999999.5, 0, 0, 0, 0),
  (2, 3.4e38, NULL, 1 / 3e0, NULL, NULL, NULL, NULL, NULL, NULL), (3, 1.17549e-38, 0, 5e-324, 0, 0, 1, 2, 1901, 99999999);
CREATE TABLE dates (id int PRIMARY KEY, d date DEFAULT '2024-02-31', dt datetime(6), ts timestamp(3) NULL, ts0 timestamp NOT NULL DEFAULT '0000-00-00 00:00:00', tm time(6), KEY (d));
INSERT INTO dates VALUES (1, '2024-02-31', '2024-02-30 23:59:59.999999', '2024-03-31 02:30:00.123', '2024-10-27 02:30:00', '-838:59:59'),
  (2, '0000-00-00', '0000-00-00', NULL, '0000-00-00', '838:59:59'), (3, '2024-00-10', '9999-12-31 23:59:59', '1970-01-01 02:00:01', '2038-01-19 03:14:07', '00:00:00.000001');
CREATE TABLE bytes (id int PRIMARY KEY, b blob, v varbinary(300), fixed binary(8), l longblob, vec vector(3), u char(36) CHARACTER SET ascii);
INSERT INTO bytes VALUES (1, X'000102030405060708090A0B0C0D0E0F1A275C22FFFE', X'00', X'FF00', REPEAT(X'0D0A00', 70000), TO_VECTOR('[1.5,-2.25,3e-10]'), UUID()), (2, '', '', '', NULL, NULL, NULL), (3, NULL, NULL, NULL, '', NULL, '');
CREATE TABLE texts (id int PRIMARY KEY, t text, m mediumtext CHARACTER SET utf8mb4, l varchar(200) CHARACTER SET latin1, u varchar(50) CHARACTER SET utf16, e enum('a''b', 'c\\d', 'ü', ''), s set('x', 'y"', 'z'));
INSERT INTO texts VALUES (1, 'it''s a "quote" \\ back\nline\r\nreturn\ttab\0nul\Z z; -- no comment /* nor this */ # or that', '𝒳😀 ünïcødé ٣ 漢字', 'Grüße', '漢字', 'a''b', 'x,z'), (2, '', NULL, '$(x) `y`', NULL, 'c\\d', ''), (3, 'DELIMITER ;;\nUSE nowhere;\nINSERT INTO `x`', 'ü', NULL, '', 'ü', 'y"');
CREATE TABLE gen (a int, b int AS (a * 2) STORED, c varchar(20) GENERATED ALWAYS AS (CONCAT('<', a, '>')) VIRTUAL, f float, hidden int INVISIBLE DEFAULT 5, d datetime DEFAULT (NOW() + INTERVAL 1 DAY), PRIMARY KEY (a), KEY (b), KEY functional ((UPPER(c))));
INSERT INTO gen (a, f, hidden) VALUES (1, 0.1, 7), (2, 1.23456789, 8), (3, NULL, DEFAULT);
CREATE TABLE jsons (id int PRIMARY KEY, j json, k varchar(20) AS (j ->> '$.k'), CHECK (JSON_VALID(j)));
INSERT INTO jsons (id, j) VALUES (1, '{"k": "it''s", "n": [1, 2.5, -1e10, null, true], "ü": {"\\"": "\\\\\\n"}}'), (2, '[]'), (3, NULL), (4, '"text"');
CREATE TABLE shapes (id int PRIMARY KEY, p point NOT NULL SRID 4326, g geometry, SPATIAL KEY (p));
INSERT INTO shapes VALUES (1, ST_GeomFromText('POINT(52.5 13.4)', 4326), ST_GeomFromText('POLYGON((0 0,10 0,10 10,0 10,0 0),(1 1,2 1,2 2,1 2,1 1))')), (2, ST_GeomFromText('POINT(-33.9 151.2)', 4326), ST_GeomFromText('GEOMETRYCOLLECTION(POINT(1 1),LINESTRING(0 0,1 1))'));
CREATE TABLE parts (id int, d date NOT NULL, v varchar(10), PRIMARY KEY (id, d)) PARTITION BY RANGE (YEAR(d)) SUBPARTITION BY HASH (id) SUBPARTITIONS 2 (PARTITION p0 VALUES LESS THAN (2000), PARTITION p1 VALUES LESS THAN (2024), PARTITION pmax VALUES LESS THAN MAXVALUE);
INSERT INTO parts VALUES (1, '1999-01-01', 'a'), (2, '2020-01-01', 'b'), (3, '2030-01-01', 'c');
CREATE TABLE parent (id int PRIMARY KEY, code int, KEY (code));
CREATE TABLE child (id int PRIMARY KEY, parent int, other int, FOREIGN KEY (parent) REFERENCES parent (id) ON DELETE CASCADE, CONSTRAINT `check'it` CHECK (id > 0), CONSTRAINT loose CHECK (other < 10) NOT ENFORCED);
CREATE TABLE self (id int PRIMARY KEY, up int, FOREIGN KEY (up) REFERENCES self (id));
INSERT INTO parent VALUES (1, 1), (2, 1);
INSERT INTO child VALUES (1, 1, 99), (2, NULL, 1);
SET foreign_key_checks = 0;
INSERT INTO child VALUES (3, 404, 1);
INSERT INTO self VALUES (1, 2), (2, 1);
SET foreign_key_checks = 1;
CREATE TABLE no_key (a int, b varchar(10)) ROW_FORMAT = COMPRESSED KEY_BLOCK_SIZE = 8 COMMENT 'a ''comment'' \\ with "quotes"\nand a line';
INSERT INTO no_key VALUES (1, 'a'), (1, 'a'), (2, NULL);
CREATE TABLE fulltexts (id int PRIMARY KEY, t text, FULLTEXT KEY words (t) WITH PARSER ngram) COLLATE utf8mb4_unicode_ci;
INSERT INTO fulltexts VALUES (1, 'quick brown fox');
CREATE TABLE isam (id int AUTO_INCREMENT PRIMARY KEY, v text) ENGINE = MyISAM;
INSERT INTO isam VALUES (0, 'zero'), (5, 'five');
CREATE TABLE archived (id int AUTO_INCREMENT PRIMARY KEY, v text) ENGINE = ARCHIVE;
INSERT INTO archived VALUES (1, 'one'), (2, 'two'), (9, 'nine');
CREATE TABLE vanishing (id int);
CREATE TABLE `sélect ``from`` "tbl"` (`a``b` int, `c'd` float, `ü €` int, KEY `k``ey` (`a``b`));
INSERT INTO `sélect ``from`` "tbl"` VALUES (1, 2.7182818, 3);

DELIMITER ;;
CREATE FUNCTION twice(x int) RETURNS int DETERMINISTIC RETURN x * 2;;
SET sql_mode = 'ANSI_QUOTES,PIPES_AS_CONCAT,NO_BACKSLASH_ESCAPES';;
CREATE DEFINER = `ghost`@`nowhere` PROCEDURE "an'si"(IN a text, OUT b text) SQL SECURITY INVOKER COMMENT 'it''s here'
BEGIN
  -- a comment with ' and "
  SET b = a || '\' || "a";
END;;
SET sql_mode = 'NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES';;
CREATE PROCEDURE dated() BEGIN DECLARE d date DEFAULT '2024-02-31'; SELECT d, 'ünïcødé 😀'; END;;
CREATE TRIGGER first_one BEFORE INSERT ON parent FOR EACH ROW SET NEW.code = NEW.code + 100;;
CREATE TRIGGER second_one BEFORE INSERT ON parent FOR EACH ROW FOLLOWS first_one SET NEW.code = NEW.code * 2;;
CREATE DEFINER = `ghost`@`nowhere` TRIGGER `tr``igger` AFTER DELETE ON parent FOR EACH ROW BEGIN DELETE FROM no_key WHERE a = OLD.id; END;;
SET sql_mode = 'STRICT_ALL_TABLES,ANSI_QUOTES';;
CREATE TRIGGER strict_one AFTER UPDATE ON "parent" FOR EACH ROW SET @a = 'x';;
SET sql_mode = 'NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES';;
CREATE EVENT hourly ON SCHEDULE EVERY 1 HOUR STARTS '2030-01-01 00:00:00' ON COMPLETION PRESERVE COMMENT 'it''s' DO INSERT INTO no_key VALUES (9, 'event');;
CREATE DEFINER = `ghost`@`nowhere` EVENT `sle-eping` ON SCHEDULE AT '2037-01-01 00:00:00' DISABLE DO SELECT 1;;
CREATE EVENT every_second ON SCHEDULE EVERY 1 SECOND DISABLE DO UPDATE numbers SET t = t + 1;;
DELIMITER ;

CREATE VIEW z_base AS SELECT id, f, twice(id) AS double_id, 'it''s \\ "x"\n' AS `lit'eral` FROM numbers;
CREATE VIEW a_on_z AS SELECT * FROM z_base WHERE f > 1;
CREATE ALGORITHM = MERGE DEFINER = `ghost`@`nowhere` SQL SECURITY DEFINER VIEW m_ghost AS SELECT id FROM a_on_z WITH CASCADED CHECK OPTION;
CREATE VIEW `vi``ew ü` AS SELECT `a``b` AS `x``y` FROM `sélect ``from`` "tbl"`;
CREATE VIEW broken AS SELECT id FROM vanishing;
CREATE VIEW on_broken AS SELECT id FROM broken;

USE `ünïcødé.with'quote"and$(dollar)`;
CREATE TABLE `täble` (`id` int PRIMARY KEY, f float);
INSERT INTO `täble` VALUES (1, 0.333333333);
CREATE VIEW across AS SELECT t.id, b.f FROM `täble` t JOIN `with-hyphen`.a_on_z b USING (id);
CREATE PROCEDURE `prö``c`() SELECT 1;

USE `with blank`;
CREATE TABLE t (id int PRIMARY KEY) SELECT 1 AS id;
CREATE VIEW `a view` AS SELECT id FROM t;
USE `-leads`;
CREATE TABLE `-t` (id int PRIMARY KEY) SELECT 1 AS id;
USE `back``tick`;
CREATE TABLE `ta``ble` (id int PRIMARY KEY, f float) SELECT 1 AS id, 1.23456789 AS f;

CREATE TABLE `with-hyphen`.granted (a int, b int);
CREATE ROLE reader, `wri'ter`@`10.%`, administrator;
GRANT SELECT ON *.* TO reader;
GRANT reader TO `wri'ter`@`10.%`;
GRANT INSERT, UPDATE (id, f) ON `with-hyphen`.numbers TO `wri'ter`@`10.%`;
GRANT `wri'ter`@`10.%` TO administrator WITH ADMIN OPTION;
SET DEFAULT ROLE `wri'ter`@`10.%` TO administrator;
CREATE USER `a_user`@`%` IDENTIFIED BY 'it''s \\ a "pass" ü$(x)' DEFAULT ROLE administrator;
CREATE USER `o'brien \\ "x" ``y```@`%.example.org` IDENTIFIED BY '''''\\\\' ATTRIBUTE '{"note": "it''s \\"quoted\\" \\\\ back", "ü": 1}';
CREATE USER subject@`%` IDENTIFIED BY 'x' REQUIRE SUBJECT '/C=IE/O=O''Reilly \\ "Co"/CN=x' ISSUER '/CN=it''s' ;
CREATE USER cipher@`%` IDENTIFIED BY 'x' REQUIRE CIPHER 'ECDHE-RSA-AES256-GCM-SHA384' AND SUBJECT '/CN=a';
CREATE USER tls_user@`%` REQUIRE SSL;
CREATE USER x509_user@`%` IDENTIFIED BY 'x' REQUIRE X509 WITH MAX_QUERIES_PER_HOUR 10 MAX_USER_CONNECTIONS 3 PASSWORD EXPIRE INTERVAL 90 DAY PASSWORD HISTORY 5 PASSWORD REUSE INTERVAL 365 DAY PASSWORD REQUIRE CURRENT FAILED_LOGIN_ATTEMPTS 3 PASSWORD_LOCK_TIME UNBOUNDED;
CREATE USER locked_user@`%` IDENTIFIED BY 'x' ACCOUNT LOCK;
CREATE USER expired@localhost IDENTIFIED BY 'x' PASSWORD EXPIRE;
CREATE USER sha256@`%` IDENTIFIED WITH sha256_password BY 'p''w';
CREATE USER empty_user@localhost;
CREATE USER ``@localhost;
CREATE USER restricted@`%` IDENTIFIED BY 'x';
GRANT SELECT, INSERT, CREATE USER ON *.* TO restricted@`%` WITH GRANT OPTION;
REVOKE INSERT ON `with-hyphen`.* FROM restricted@`%`;
REVOKE SELECT ON `with blank`.* FROM restricted@`%`;
GRANT BACKUP_ADMIN, CONNECTION_ADMIN ON *.* TO a_user WITH GRANT OPTION;
GRANT ALL ON `with-hyphen`.* TO a_user;
GRANT SELECT ON `ünïcødé.with'quote"and$(dollar)`.* TO a_user;
GRANT EXECUTE ON PROCEDURE `with-hyphen`.dated TO a_user;
GRANT PROXY ON locked_user TO a_user WITH GRANT OPTION;
GRANT SELECT ON `back``tick`.`ta``ble` TO `o'brien \\ "x" ``y```@`%.example.org`;
GRANT SELECT ON `with-hyphen`.granted TO reader;
CREATE USER root@`10.1.%` IDENTIFIED BY 'another' REQUIRE SSL;
GRANT SELECT ON *.* TO root@`10.1.%`;
DROP TABLE `with-hyphen`.vanishing;
