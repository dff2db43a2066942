# A Sidekiq process that charges orders; an order may fail once, before or after it was charged.
require "json"
require "securerandom"
require "sidekiq"

FOLDER, AFTER, BEFORE = ENV.values_at("SHOP_FOLDER", "SHOP_AFTER", "SHOP_BEFORE")
Sidekiq.configure_server do |config|
  config.concurrency = 1
  config[:average_scheduled_poll_interval] = 1
end

class Charge
  include Sidekiq::Job
  sidekiq_retry_in { 6 } # longer than the worker may take from one failure to the next

  def perform(order)
    fail_once(order, BEFORE)
    charge, run = "ch_#{SecureRandom.hex}", SecureRandom.uuid
    append("ledger.jsonl", { order: order, charge: charge })
    append("effects.jsonl", {
      occurred_at: Time.now.utc.strftime("%FT%T.%6NZ"), system: "shop", target_system: "provider",
      vantage: "client", actor: "sidekiq", actor_kind: "worker", kind: "effect", action: "charge",
      effect_class: "billing", money_stage: "captured", outcome: "ok", delivery_id: jid,
      execution_id: run, effect_id: charge, entity_type: "order", entity_id: order,
      customer_id: "c-#{order}", amount: "19.99", currency: "EUR"
    })
    fail_once(order, AFTER)
  end

  def fail_once(order, which)
    failed = File.join(FOLDER, "failed-#{order}")
    return if order != which || File.exist?(failed)
    File.write(failed, "")
    raise "provider timed out"
  end

  def append(name, line)
    File.open(File.join(FOLDER, name), "a") { |file| file.puts(JSON.generate(line)) }
  end
end
