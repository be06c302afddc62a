-- Pages of a campaign's devices by what became of them, each straight from an index.

drop index campaign_skipped;
create index campaign_skipped on campaign_device (campaign_id, device_id) where outcome = 'skipped';

drop index rotation_order_device_counted;
create index rotation_order_device_counted on rotation_order_device (order_id, outcome, device_id)
  include (campaign_phase);
