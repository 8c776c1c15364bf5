"""120 English sentences with their Chinese translations, written for this course; data for samples.py, one pair a line."""

TEXT = """\
I am a human being, and I like fruit. || 我是一个人类，我喜欢水果。
Good morning! Did you sleep well? || 早上好！你睡得好吗？
She goes to work by bike every day, even in winter. || 她每天骑自行车上班，冬天也不例外。
The soup is too hot; let it cool for a few minutes. || 汤太烫了，先晾几分钟吧。
My grandmother makes the best dumplings in the world. || 我奶奶包的饺子是世界上最好吃的。
Could you turn off the light, please? || 请把灯关一下，好吗？
We have run out of milk, eggs and bread. || 我们的牛奶、鸡蛋和面包都吃完了。
The bus was late again, so I missed the first lesson. || 公共汽车又晚点了，所以我没赶上第一节课。
He forgot his umbrella and came home soaking wet. || 他忘了带伞，回到家时浑身都湿透了。
How much are these apples? || 这些苹果多少钱？
They moved to a small town by the sea last year. || 他们去年搬到了海边的一座小城。
Don't worry; everything will be fine. || 别担心，一切都会好起来的。
The cat is sleeping on my keyboard. || 猫正睡在我的键盘上。
What time does the library close on Saturdays? || 图书馆星期六几点关门？
I have never seen so many stars in the sky. || 我从来没见过天上有这么多星星。
The children are building a castle out of sand. || 孩子们正在用沙子堆城堡。
If it rains tomorrow, we will stay at home and read. || 如果明天下雨，我们就待在家里看书。
This chair is more comfortable than that one. || 这把椅子比那把舒服。
Please write your name at the top of the page. || 请把名字写在这一页的最上方。
The baby has just learnt to walk. || 宝宝刚学会走路。
I would rather drink tea than coffee. || 我宁愿喝茶，也不喝咖啡。
He speaks three languages, but he is shy in all of them. || 他会说三种语言，可是说哪一种都很腼腆。
Her brother is a nurse, and her sister is a carpenter. || 她哥哥是护士，姐姐是木匠。
We took the wrong train and ended up in another city. || 我们坐错了火车，结果到了另一座城市。
The shop around the corner sells fresh noodles. || 街角那家店卖新鲜的面条。
Be careful, the floor is wet! || 小心，地板是湿的！
I can't find my keys anywhere. || 我到处都找不到钥匙。
Thank you for your help; I could not have done it alone. || 谢谢你的帮助，光靠我一个人是做不到的。
The meeting has been moved from Monday to Wednesday. || 会议从星期一改到了星期三。
It took us two hours to climb to the top of the hill. || 我们花了两个小时才爬到山顶。
Water boils at 100 degrees Celsius at sea level. || 在海平面上，水在100摄氏度时沸腾。
Light travels about 300,000 kilometres in one second. || 光在一秒钟内大约传播30万千米。
The Earth goes around the Sun once a year. || 地球每年绕太阳转一圈。
Plants use sunlight to turn water and carbon dioxide into sugar. || 植物利用阳光把水和二氧化碳变成糖。
A molecule of water has two hydrogen atoms and one oxygen atom. || 一个水分子由两个氢原子和一个氧原子组成。
The human heart beats about 100,000 times a day. || 人的心脏每天大约跳动十万次。
Iron is heavier than wood, but a ship made of iron can float. || 铁比木头重，但铁造的船却能浮在水上。
Bats find their way in the dark by listening to echoes. || 蝙蝠靠听回声在黑暗中辨别方向。
Sound cannot travel through empty space. || 声音无法在真空中传播。
The Moon has no air, so its sky is black even by day. || 月球上没有空气，所以即使在白天，那里的天空也是黑的。
Antibiotics kill bacteria, but they do not work against viruses. || 抗生素能杀死细菌，但对病毒不起作用。
An earthquake of magnitude 7 releases about 32 times as much energy as one of magnitude 6. || 7级地震释放的能量大约是6级地震的32倍。
A spider is not an insect: it has eight legs, not six. || 蜘蛛不是昆虫：它有八条腿，而不是六条。
Ice floats because it is less dense than liquid water. || 冰能浮起来，是因为它的密度比水小。
DNA carries the instructions for building a living thing. || DNA携带着构建生命的指令。
The sum of the angles in a triangle is 180 degrees. || 三角形的内角和是180度。
There are infinitely many prime numbers, as Euclid proved more than two thousand years ago. || 质数有无穷多个，欧几里得在两千多年前就证明了这一点。
Two parallel lines in a plane never meet. || 平面上的两条平行线永远不会相交。
The correlation is strong, but that does not prove that one thing causes the other. || 两者高度相关，但这并不能证明其中一个是另一个的原因。
Measure twice, then write the number down with its unit. || 量两遍，再把数字连同单位一起记下来。
A language model predicts the next token from the tokens before it. || 语言模型根据前面的词元预测下一个词元。
The computer did exactly what I told it to do, not what I wanted. || 计算机完全照我说的做了，却不是我想要的。
Training took three hours on one graphics card. || 在一块显卡上，训练花了三个小时。
The neural network has seven layers and about two million parameters. || 这个神经网络有七层，大约两百万个参数。
Always keep a copy of your data in another place. || 一定要在别的地方留一份数据备份。
The program crashed because the file was empty. || 程序崩溃了，因为文件是空的。
Your password must have at least twelve characters. || 密码至少要有十二个字符。
This function returns the largest number in a list. || 这个函数返回列表中最大的数。
There is a bug on line 42. || 第42行有一个错误。
Before you ask for help, read the error message once more. || 求助之前，先把错误信息再读一遍。
The tower is 324 metres high and was finished in 1889. || 这座塔高324米，于1889年建成。
The flight leaves at 6:45 a.m. from gate B17. || 航班早上6点45分从B17登机口起飞。
On 20 July 1969, two people walked on the Moon for the first time. || 1969年7月20日，人类第一次踏上月球，共有两人。
The rent is 1,250 euros a month, heating included. || 房租每月1250欧元，包含暖气费。
Pi is approximately 3.14159. || 圆周率约等于3.14159。
About 71% of the Earth's surface is covered by water. || 地球表面约71%被水覆盖。
The city has 8.6 million inhabitants and more than 400 bridges. || 这座城市有860万居民和400多座桥。
Only one in ten participants finished the race. || 十个参赛者中只有一个跑完了全程。
Prices rose by 2.5 per cent last year. || 去年物价上涨了2.5%。
My telephone number ends in 0815. || 我的电话号码最后四位是0815。
She was born on 29 February, so she has a real birthday only every four years. || 她出生在2月29日，所以每四年才能过一次真正的生日。
The recipe needs 250 g of flour, 3 eggs and half a litre of milk. || 这个食谱需要250克面粉、3个鸡蛋和半升牛奶。
He ran the marathon in 3 hours, 12 minutes and 5 seconds. || 他用3小时12分5秒跑完了马拉松。
Two thirds of the class voted for a trip to the mountains. || 班上三分之二的同学投票赞成去山里旅行。
Beijing is the capital of China. || 北京是中国的首都。
The Yangtze is the longest river in Asia. || 长江是亚洲最长的河流。
Marie Curie won two Nobel Prizes, one in physics and one in chemistry. || 玛丽·居里两次获得诺贝尔奖，一次是物理学奖，一次是化学奖。
Shakespeare wrote "Hamlet" around the year 1600. || 莎士比亚大约在1600年写成了《哈姆雷特》。
Li Bai and Du Fu were two great poets of the Tang dynasty. || 李白和杜甫是唐代的两位大诗人。
Albert Einstein was born in the German city of Ulm in 1879. || 阿尔伯特·爱因斯坦1879年出生于德国的乌尔姆市。
From Paris to London, the train goes under the sea. || 从巴黎到伦敦的火车要从海底穿过。
Mount Everest, also called Qomolangma, lies on the border between China and Nepal. || 珠穆朗玛峰位于中国和尼泊尔的边界上。
Ada Lovelace described a program for a computer that was never built. || 阿达·洛夫莱斯为一台从未建成的计算机写过程序。
In Cairo we met a taxi driver who knew every football player by name. || 在开罗，我们遇到了一位能叫出每个足球运动员名字的出租车司机。
Anna asked: "Is there anybody at home?" || 安娜问：“家里有人吗？”
"I don't know," he said, "but I will find out." || “我不知道，”他说，“不过我会弄清楚的。”
The sign says "No entry", yet the door is open. || 牌子上写着“禁止入内”，门却开着。
"Why," asked the child, "is the sky blue?" || “天空为什么是蓝色的？”孩子问道。
Read the chapter "Attention" (pages 31-47) before Friday. || 星期五之前请读完“注意力”一章（第31至47页）。
Wait... did you hear that? || 等等……你听到了吗？
Well, that was unexpected! || 嗯，这可真没想到！
We need three things: time, money and luck. || 我们需要三样东西：时间、金钱和运气。
My teacher always said that a good question is worth more than a good answer. || 我的老师总说，一个好问题比一个好答案更有价值。
The letter began with the words "To whom it may concern". || 那封信的开头写着“敬启者”。
Is it "grey" or "gray"? Both are right. || 是“grey”还是“gray”？两种写法都对。
Practice makes perfect. || 熟能生巧。
Better late than never. || 迟做总比不做好。
Where there is a will, there is a way. || 有志者，事竟成。
He killed two birds with one stone. || 他一举两得。
It is raining cats and dogs. || 外面正下着倾盆大雨。
A journey of a thousand miles begins with a single step. || 千里之行，始于足下。
Don't judge a book by its cover. || 不要以貌取人。
When in Rome, do as the Romans do. || 入乡随俗。
That exam was a piece of cake. || 那次考试简直是小菜一碟。
You are adding legs to the snake: the drawing was finished. || 你这是画蛇添足，画本来已经完成了。
He listened, but it was like playing music to a cow. || 他虽然在听，可这简直是对牛弹琴。
The early bird catches the worm. || 早起的鸟儿有虫吃。
Three people walking together: one of them can surely be my teacher. || 三人行，必有我师焉。
Although the old man had lived alone on the island for more than thirty years, he still put two cups on the table every morning, one for himself and one for anybody who might come. || 虽然老人已经在岛上独自生活了三十多年，但他每天早上仍然在桌上放两只杯子，一只给自己，一只给可能到来的任何人。
The scientists, who had expected the experiment to fail, repeated it eleven times before they believed their own result. || 科学家们原以为实验会失败，重复做了十一次之后，才相信了自己的结果。
When we finally reached the station, tired, hungry and covered in dust, the last train had already gone, and the next one would not leave until six in the morning. || 当我们又累又饿、满身尘土地终于赶到车站时，末班车已经开走了，下一班要到早上六点才发车。
If you want to understand how a machine learns, start with a model so small that you can follow every number by hand, and make it larger only when you can explain what it does. || 如果你想弄懂机器是怎样学习的，就从一个小到每个数字都能亲手推算的模型开始，等你能解释清楚它在做什么，再把它做大。
The book that my friend lent me last week is about a girl who repairs clocks in a city where nobody needs to know the time. || 朋友上周借给我的那本书，讲的是一个女孩在一座谁也不需要知道时间的城市里修理钟表的故事。
She opened the window, listened to the birds for a while, closed it again, and went back to the problem that had kept her awake all night. || 她打开窗户，听了一会儿鸟叫，又把窗户关上，继续去想那个让她彻夜未眠的问题。
Because rice needs a great deal of water, farmers in dry regions prefer to grow wheat, maize or potatoes. || 由于种水稻需要大量的水，干旱地区的农民更愿意种小麦、玉米或土豆。
Paper, printing, gunpowder and the compass are known as the four great inventions of ancient China. || 造纸术、印刷术、火药和指南针被称为中国古代的四大发明。
I used to think that mathematics was about numbers; now I think that it is about patterns. || 我以前认为数学研究的是数字，现在觉得它研究的是规律。
On the last evening of the year the whole family sits together, eats fish, and talks until midnight. || 除夕晚上，全家人坐在一起吃鱼、聊天，一直到半夜。
Nobody believed the story at first, but the photographs, taken from three different places, left no room for doubt. || 起初没有人相信这个故事，但从三个不同地点拍摄的照片让人无可置疑。
Goodbye, and see you next week! || 再见，下周见！
"""
