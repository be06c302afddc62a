-- An order to rotate says by itself whether devices are still added to it: one that a bulk act opened is filled when
-- that act ends, and has no filter.

update rotation_order o set filled_at = null from bulk_act b
  where b.bulk_act_id = o.order_id and b.finished_at is null and o.cancelled_at is null;

drop index rotation_order_to_fill;
create index rotation_order_to_fill on rotation_order (ordered_at, order_id)
  where filled_at is null and filter is not null;
