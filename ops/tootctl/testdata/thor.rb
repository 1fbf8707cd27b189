# tootctl's command line without Mastodon behind it: the classes are made of the tree, the parser is the real one. Each line of the input is a command
# line as a JSON array; each line of the output is what the command was called with, or the error it ended with.
require 'json'
require 'thor'
require 'stringio'

tree = JSON.parse(File.read(ARGV.fetch(0)))['commands']

# declare makes a Thor class of the commands below a path.
def declare(tree, path, said)
  Class.new(Thor) do
    define_singleton_method(:exit_on_failure?) { true }
    define_singleton_method(:name) { path.empty? ? 'Main' : path.last.capitalize }
    below = tree.select { |c| c['path'][0...path.size] == path }
    below.group_by { |c| c['path'][path.size] }.each do |word, commands|
      if commands.any? { |c| c['path'].size > path.size + 1 }
        desc "#{word} SUBCOMMAND ...ARGS", word
        subcommand word, declare(tree, path + [word], said)
        next
      end
      command = commands.first
      command['options'].each do |o|
        settings = { type: o['type'].to_sym, aliases: o['aliases'], required: o['required'] }
        settings[:default] = o['default'] unless o['default'].nil? || o['required']
        settings[:enum] = o['enum'] if o['enum']
        option o['name'].delete_prefix('--').tr('-', '_').to_sym, settings
      end
      names = command['args'].map { |a| (a['variadic'] ? '*' : '') + a['name'].downcase + (a['required'] || a['variadic'] ? '' : ' = nil') }
      desc command['path'].join(' '), command['summary']
      method = word.tr('-', '_')
      given = command['args'].map { |a| (a['variadic'] ? '*' : '') + a['name'].downcase }
      class_eval "def #{method}(#{names.join(', ')}); said_by(#{command['path'].inspect}, [#{given.join(', ')}].compact); end"
      map word => method unless word == method
    end
    no_commands { define_method(:said_by) { |path, args| said.call(path, args, options) } }
  end
end

out = $stdout
answer = nil
main = declare(tree, [], ->(path, args, options) { answer = { 'path' => path, 'args' => args, 'options' => options.to_h } })
$stdin.each_line do |line|
  answer = { 'error' => 'nothing was called' }
  complaint = StringIO.new
  begin
    $stderr, $stdout = complaint, complaint
    main.start(JSON.parse(line))
  rescue SystemExit
    answer = { 'error' => complaint.string }
  ensure
    $stderr, $stdout = STDERR, out
  end
  out.puts(JSON.generate(answer))
end
